"""What is asked of a search, and what it answers."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar, TypeVar

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts.hypothesis import Hypothesis
from dragoman.errors import InputError, UnsupportedError


class SearchFeature(Enum):
    """What a request may ask for, by the name that errors use."""

    GREEDY = "greedy search"
    BEAM = "beam search"
    SAMPLING = "sampling"
    PREFIXES = "forced prefixes"
    CONSTRAINTS = "constraints on outputs"
    ATTENTION = "attention weights"
    TRACE = "a trace of the search"


@dataclass(frozen=True, slots=True)
class Greedy:
    """The most probable symbol at each step. A hypothesis is scored by its log-probability."""

    feature: ClassVar[SearchFeature] = SearchFeature.GREEDY
    width: ClassVar[int] = 1
    """Hypotheses of each row that are followed at the same time."""


@dataclass(frozen=True, slots=True)
class Beam:
    """Beam search: at each step the best continuations of the best hypotheses.

    >>> Beam(width=0)
    Traceback (most recent call last):
    dragoman.errors.InputError: a beam of 0 is no whole number of hypotheses
    Remedy: give 1 or more, such as 5.

    Attributes:
        width: hypotheses of each row that are followed at the same time.
        length_penalty: exponent α by which hypotheses of different lengths are compared; see
            :class:`~dragoman.search.length_penalty.LengthPenalty`.

    Raises:
        InputError: if the width is less than 1, or the exponent is out of its range.
    """

    feature: ClassVar[SearchFeature] = SearchFeature.BEAM
    width: int = 5
    length_penalty: float = 1.0

    def __post_init__(self) -> None:
        if not _is_whole(self.width) or self.width < 1:
            raise InputError(
                f"a beam of {self.width!r} is no whole number of hypotheses", remedy="give 1 or more, such as 5."
            )
        if not abs(self.length_penalty) <= _LARGEST_EXPONENT:
            raise InputError(
                f"length_penalty = {self.length_penalty!r} is no number from -{_LARGEST_EXPONENT} to "
                f"{_LARGEST_EXPONENT}",
                remedy="give 1, or 0 to compare by log-probability alone.",
            )


@dataclass(frozen=True, slots=True)
class Sample:
    """Ancestral sampling: each symbol is drawn; the temperature is applied before anything is cut off.

    Attributes:
        temperature: above 0; below 1 the probable becomes more so, above 1 less.
        top_k: only so many of the most probable symbols are drawn from; 1 is greedy search, 0 takes all.
        top_p: only the most probable symbols that together have this probability are drawn from; 1 takes all.
        seed: number from which all draws follow.

    Raises:
        InputError: if a number is out of its range.
    """

    feature: ClassVar[SearchFeature] = SearchFeature.SAMPLING
    width: ClassVar[int] = 1
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            raise InputError(
                f"a temperature of {self.temperature:g} is no way to draw",
                cause="at 0 nothing is drawn: the most probable symbol would always be taken."
                if self.temperature == 0
                else None,
                remedy="give --greedy, in Python `top_k=1`, to always take the most probable; or a temperature above "
                "0.",
            )
        if self.top_k < 0 or not 0 < self.top_p <= 1:
            raise InputError(
                f"top-k is {self.top_k} and top-p {self.top_p:g}",
                remedy="give a top-k of 0 or more and a top-p above 0, up to 1.",
            )


SearchMethod = Greedy | Beam | Sample
"""How outputs are searched for."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """All that is asked of a search but what it reads.

    What stands for each row stands there in the order of the rows that are read.

    Attributes:
        method: how outputs are searched for.
        n_best: hypotheses wanted of each row, at most the method's width.
        limits: most tokens of each row's output, neither prefix nor end symbol counted; None for as many as the encoder
            has states for the row.
        forbidden: symbols that are not written here, besides those that never are.
        prefixes: symbols that each row's output begins with; they are read, and may be any but the end symbol.
        constraints: phrases of tokens that each row's output must contain (Hokamp and Liu 2017).
        attention: whether to answer how much each output token attended to each of the encoder's states.
        trace: whether to answer what the search did at each step.

    Raises:
        InputError: if there are fewer than 1 or more than the method's width of hypotheses wanted, or a limit is
            negative.
    """

    method: SearchMethod
    n_best: int = 1
    limits: Sequence[int] | None = None
    forbidden: Sequence[int] = ()
    prefixes: Sequence[Sequence[int]] | None = None
    constraints: Sequence[Sequence[Sequence[int]]] | None = None
    attention: bool = False
    trace: bool = False

    def __post_init__(self) -> None:
        if not _is_whole(self.n_best) or not 1 <= self.n_best <= self.method.width:
            raise InputError(
                f"n_best = {self.n_best!r}, and {self.method.feature.value} follows {self.method.width:,} of a row",
                remedy="give a whole number from 1 to the beam's width, or a wider beam.",
            )
        if self.limits is not None and min(self.limits, default=0) < 0:
            raise InputError(
                f"an output of at most {min(self.limits)} tokens was asked for", remedy="give limits of 0 or more."
            )

    @property
    def features(self) -> frozenset[SearchFeature]:
        """All that whoever answers it must be able to do."""
        asked = {
            SearchFeature.PREFIXES: self.prefixes is not None,
            SearchFeature.CONSTRAINTS: self.constraints is not None,
            SearchFeature.ATTENTION: self.attention,
            SearchFeature.TRACE: self.trace,
        }
        return frozenset({self.method.feature, *(feature for feature, wanted in asked.items() if wanted)})

    def check(self, rows: int, able: Collection[SearchFeature], engine: str) -> None:
        """Refuse it before any work, if it cannot be answered as a whole.

        Args:
            rows: number of rows that are read.
            able: what the engine can do.
            engine: name of the engine, for errors.

        Raises:
            UnsupportedError: if something is asked for that the engine cannot do.
            InputError: if what stands for each row does not stand for as many rows as are read.
        """
        missing = [feature.value for feature in SearchFeature if feature in self.features.difference(able)]
        if missing:
            raise UnsupportedError(
                f"{engine} has no {', no '.join(missing)}", remedy="leave it out, or search with another engine."
            )
        for name, values in (("limits", self.limits), ("prefixes", self.prefixes), ("constraints", self.constraints)):
            if values is not None and len(values) != rows:
                raise InputError(f"{len(values):,} {name} for {rows:,} rows", remedy=f"give {name} for each row.")

    def select(self, rows: Sequence[int]) -> SearchRequest:
        """The same for rows ``rows``, in that order."""
        return replace(
            self,
            limits=_selected(self.limits, rows),
            prefixes=_selected(self.prefixes, rows),
            constraints=_selected(self.constraints, rows),
        )


@dataclass(frozen=True, slots=True)
class SearchStep:
    """What a search did at one step, for each hypothesis that is followed after it.

    Attributes:
        rows: the row of the source that each hypothesis belongs to.
        parents: the place, among the hypotheses before the step, of the one that it continues.
        symbols: the symbol that was added.
        log_probabilities: natural logarithm of the probability so far.
    """

    rows: Int[Tensor, " R"]
    parents: Int[Tensor, " R"]
    symbols: Int[Tensor, " R"]
    log_probabilities: Float[Tensor, " R"]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        hypotheses: for each row up to ``n_best``: complete ones by score, then those that had to be cut, by score.
        attention: for each of them the weights of each of its tokens over the encoder's states, if they were asked for.
        trace: what was done at each step, if that was asked for.
    """

    hypotheses: list[list[Hypothesis]]
    attention: list[list[Float[Tensor, "t S"]]] | None = None
    trace: list[SearchStep] | None = None

    @property
    def best(self) -> list[Hypothesis]:
        """The best hypothesis of each row."""
        return [hypotheses[0] for hypotheses in self.hypotheses]


_LARGEST_EXPONENT = 10


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


_Each = TypeVar("_Each")


def _selected(values: Sequence[_Each] | None, rows: Sequence[int]) -> Sequence[_Each] | None:
    return None if values is None else [values[row] for row in rows]
