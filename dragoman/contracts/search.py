"""Requests to a search, and its results."""

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
    """A feature that a request may need, with the name that errors use."""

    GREEDY = "greedy search"
    BEAM = "beam search"
    SAMPLING = "sampling"
    PREFIXES = "forced prefixes"
    CONSTRAINTS = "constraints on outputs"
    ATTENTION = "attention weights"
    TRACE = "a trace of the search"


@dataclass(frozen=True, slots=True)
class Greedy:
    """Greedy search: the most probable symbol at each step. A hypothesis is scored by its log-probability."""

    feature: ClassVar[SearchFeature] = SearchFeature.GREEDY
    width: ClassVar[int] = 1
    """The number of hypotheses of each row that are followed at the same time."""


@dataclass(frozen=True, slots=True)
class Beam:
    """Beam search: at each step the best continuations of the best hypotheses.

    >>> Beam(width=0)
    Traceback (most recent call last):
    dragoman.errors.InputError: a beam of 0 is no whole number of hypotheses
    Remedy: give 1 or more, such as 5.

    Attributes:
        width: number of hypotheses of each row that are followed at the same time.
        length_penalty: exponent α of the penalty by which hypotheses of different lengths are compared; see
            :class:`~dragoman.search.length_penalty.LengthPenalty`.

    Raises:
        InputError: if the width is less than 1, or the exponent is out of range.
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
    """Ancestral sampling: each symbol is drawn; the temperature is applied before symbols are cut off.

    >>> Sample(temperature=0.8, top_p=0.95).seed
    1

    Attributes:
        temperature: a number above 0; below 1, probable symbols become more probable, above 1 less.
        top_k: only this many of the most probable symbols can be drawn; 1 is greedy search, 0 allows all.
        top_p: only the most probable symbols that together have this probability can be drawn; 1 allows all.
        seed: seed of all draws.

    Raises:
        InputError: if a number is out of range.
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
"""The methods of search."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Everything that is asked of a search, except for its input.

    Limits, prefixes and constraints have one entry per row of the input, in the same order.

    >>> request = SearchRequest(Beam(width=4), n_best=2, limits=[20, 30])
    >>> request.select([1]).limits
    [30]

    Attributes:
        method: the method of search.
        n_best: number of hypotheses wanted of each row, at most the method's width.
        limits: the most tokens of each row's output, without prefix and end symbol; None for as many as the encoder has
            states for the row.
        forbidden: symbols that must not be written, besides those that never are.
        prefixes: symbols with which each row's output begins; any symbols but the end symbol.
        constraints: phrases of tokens that each row's output must contain (Hokamp and Liu 2017).
        attention: whether the result has the attention weights of each output token over the encoder's states.
        trace: whether the result has the steps of the search.

    Raises:
        InputError: if fewer than 1 or more hypotheses than the method's width are wanted, or a limit is negative.
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
        """The features that an engine needs to answer the request."""
        asked = {
            SearchFeature.PREFIXES: self.prefixes is not None,
            SearchFeature.CONSTRAINTS: self.constraints is not None,
            SearchFeature.ATTENTION: self.attention,
            SearchFeature.TRACE: self.trace,
        }
        return frozenset({self.method.feature, *(feature for feature, wanted in asked.items() if wanted)})

    def check(self, rows: int, able: Collection[SearchFeature], engine: str) -> None:
        """Check, before any work, that an engine can answer the whole request.

        Args:
            rows: number of rows of the input.
            able: the features of the engine.
            engine: name of the engine, for errors.

        Raises:
            UnsupportedError: if the request needs a feature that the engine does not have.
            InputError: if limits, prefixes or constraints are for another number of rows.
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
        """The request for rows ``rows`` alone, in that order."""
        return replace(
            self,
            limits=_selected(self.limits, rows),
            prefixes=_selected(self.prefixes, rows),
            constraints=_selected(self.constraints, rows),
        )


@dataclass(frozen=True, slots=True)
class SearchStep:
    """One step of a search: an entry for each hypothesis that is followed after it.

    Attributes:
        rows: row of the source to which each hypothesis belongs.
        parents: index, among the hypotheses before the step, of the hypothesis that each continues.
        symbols: symbol that was added to each hypothesis.
        log_probabilities: natural logarithm of the probability of each hypothesis so far.
    """

    rows: Int[Tensor, " R"]
    parents: Int[Tensor, " R"]
    symbols: Int[Tensor, " R"]
    log_probabilities: Float[Tensor, " R"]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search.

    >>> from dragoman.contracts import Ending
    >>> found = Hypothesis([5, 6], log_probability=-0.7, score=-0.7, ending=Ending.COMPLETE)
    >>> [hypothesis.tokens for hypothesis in SearchResult([[found]]).best]
    [[5, 6]]

    Attributes:
        hypotheses: up to ``n_best`` hypotheses for each row: complete ones by score, then cut ones by score.
        attention: for each hypothesis, the weights of each of its tokens over the encoder's states, if asked for.
        trace: the steps of the search, if asked for.
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
