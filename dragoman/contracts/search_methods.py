"""The methods of search, and the features that a search may need."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import numpy as np

from dragoman.errors import InputError


class SearchFeature(Enum):
    """A feature that a request may need, with the name that errors use."""

    GREEDY = "greedy search"
    BEAM = "beam search"
    BEST_FIRST_BEAM = "best-first beam search"
    DIVERSE_BEAM = "diverse beam search"
    SAMPLING = "sampling"
    EXACT = "exact search"
    MINIMUM_BAYES_RISK = "minimum Bayes risk"
    PREFIXES = "forced prefixes"
    MINIMUMS = "minimum lengths"
    CONSTRAINTS = "constraints on outputs"
    TRACE = "a trace of the search"


@dataclass(frozen=True, slots=True)
class Greedy:
    """Greedy search: the most probable symbol at each step. A hypothesis is scored by its log-probability."""

    feature: ClassVar[SearchFeature] = SearchFeature.GREEDY
    width: ClassVar[int] = 1
    """The number of hypotheses of each row that are followed at the same time."""
    most: ClassVar[int | None] = 1
    """The most hypotheses of each row that a result can have; None for any number."""


@dataclass(frozen=True, slots=True)
class _AsBeams:
    """What beam search has in common with beam search in another order.

    Attributes:
        width: number of hypotheses of each row that are followed at the same time.
        length_penalty: exponent α of the penalty.
    """

    width: int = 5
    length_penalty: float = 1.0

    def __post_init__(self) -> None:
        _check_width(self.width)
        _check_length_penalty(self.length_penalty)

    @property
    def most(self) -> int | None:
        """The most hypotheses of each row that a result can have: as many as the beam is wide."""
        return self.width


@dataclass(frozen=True, slots=True)
class Beam(_AsBeams):
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


@dataclass(frozen=True, slots=True)
class BestFirstBeam(_AsBeams):
    """Beam search in another order, best first (Meister et al. 2020, "Best-First Beam Search"): the same hypotheses as
    :class:`Beam`, while the model scores the continuations of fewer.

    Attributes:
        width: number of hypotheses of each length that are followed for each row.
        length_penalty: exponent α, as for :class:`Beam`.

    Raises:
        InputError: if the width is less than 1, or the exponent is out of range.
    """

    feature: ClassVar[SearchFeature] = SearchFeature.BEST_FIRST_BEAM


@dataclass(frozen=True, slots=True)
class DiverseBeam:
    """Diverse beam search (Vijayakumar et al. 2018, algorithm 1): the beam is cut into groups, which choose their
    symbols in turn; a symbol that earlier groups chose at the same step costs ``strength`` for each time.

    >>> DiverseBeam(width=6, groups=4)
    Traceback (most recent call last):
    dragoman.errors.InputError: a beam of 6 cannot be cut into 4 groups of equal size
    Remedy: give a number of groups that divides the width.

    Attributes:
        width: number of hypotheses of each row that are followed at the same time, in all groups together.
        groups: number of groups G, which divides the width.
        strength: factor λ ≥ 0 of the penalty; with 0, every group finds the same.
        length_penalty: exponent α, as for :class:`Beam`.

    Raises:
        InputError: if a number is out of range.
    """

    feature: ClassVar[SearchFeature] = SearchFeature.DIVERSE_BEAM
    width: int = 6
    groups: int = 3
    strength: float = 0.5
    length_penalty: float = 1.0

    def __post_init__(self) -> None:
        _check_width(self.width)
        _check_length_penalty(self.length_penalty)
        if not _is_whole(self.groups) or self.groups < 1 or self.width % self.groups:
            raise InputError(
                f"a beam of {self.width!r} cannot be cut into {self.groups!r} groups of equal size",
                remedy="give a number of groups that divides the width.",
            )
        if not 0 <= self.strength < math.inf:
            raise InputError(f"strength = {self.strength!r} is no penalty", remedy="give 0 or more, such as 0.5.")

    @property
    def most(self) -> int | None:
        """The most hypotheses of each row that a result can have: as many as the beam is wide."""
        return self.width


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
    most: ClassVar[int | None] = None
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


@dataclass(frozen=True, slots=True)
class Exact:
    """Exact search: the output with the highest score of all that the model can write, with a proof (Stahlberg and
    Byrne 2019, "On NMT Search Errors and Model Errors", algorithm 1).

    Attributes:
        length_penalty: exponent α, as for :class:`Beam`; 0 compares by log-probability alone.
        width: width of the beam search whose result is the first to be improved on.
        expansions: the most hypotheses of each row whose continuations the model scores.
        seconds: the most seconds for each row; None for any number. A search that the clock ended is not reproducible.

    Raises:
        InputError: if a number is out of range.
    """

    feature: ClassVar[SearchFeature] = SearchFeature.EXACT
    most: ClassVar[int | None] = None
    length_penalty: float = 0.0
    width: int = 5
    expansions: int = 100_000
    seconds: float | None = None

    def __post_init__(self) -> None:
        _check_width(self.width)
        _check_length_penalty(self.length_penalty)
        if not _is_whole(self.expansions) or self.expansions < 1:
            raise InputError(
                f"a budget of {self.expansions!r} expansions leaves no search", remedy="give 1 or more, such as 100000."
            )
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise InputError(
                f"a budget of {self.seconds!r} seconds leaves no search",
                remedy="give more than 0, or leave the limit of time away.",
            )


class Utility(Enum):
    """A measure of how well one text stands in for another; the values are what the command line takes."""

    CHRF = "chrf"
    """chrF2 (Popović 2015), from 0 to 100."""
    BLEU = "bleu"
    """BLEU of a single sentence, smoothed exponentially, from 0 to 100 (Chen and Cherry 2014, smoothing 3)."""


@dataclass(frozen=True, slots=True)
class MinimumBayesRisk:
    """The output with the highest expected utility among candidates that another method finds (Kumar and Byrne 2004,
    "Minimum Bayes-Risk Decoding for Statistical Machine Translation"; over samples Eikema and Aziz 2020, "Is MAP
    Decoding All You Need?").

    Utilities compare texts, so no engine has this method: it is carried out where outputs become text.

    >>> MinimumBayesRisk(Beam(width=20), candidates=20).utility
    <Utility.CHRF: 'chrf'>
    >>> MinimumBayesRisk(Beam(width=4), candidates=20)
    Traceback (most recent call last):
    dragoman.errors.InputError: 20 candidates were asked for, and beam search gives up to 4
    Remedy: give fewer candidates, or a wider beam.

    Attributes:
        search: the method that finds the candidates.
        candidates: number of candidates for each output: draws, or the length of the n-best list.
        utility: the measure by which candidates are compared with each other.

    Raises:
        InputError: if the number of candidates is less than 1, or more than the method gives.
    """

    feature: ClassVar[SearchFeature] = SearchFeature.MINIMUM_BAYES_RISK
    search: Greedy | Beam | BestFirstBeam | DiverseBeam | Sample | Exact = Sample()
    candidates: int = 32
    utility: Utility = Utility.CHRF

    def __post_init__(self) -> None:
        if not _is_whole(self.candidates) or self.candidates < 1:
            raise InputError(
                f"{self.candidates!r} is no number of candidates", remedy="give 1 or more, such as 32 samples."
            )
        if self.search.most is not None and self.candidates > self.search.most:
            raise InputError(
                f"{self.candidates} candidates were asked for, and {self.search.feature.value} gives up to "
                f"{self.search.most}",
                remedy="give fewer candidates, or a wider beam.",
            )

    @property
    def width(self) -> int:
        """The number of hypotheses of each row that are followed at the same time."""
        return self.search.width

    @property
    def most(self) -> int | None:
        """The most hypotheses of each row that a result can have: as many as there are candidates."""
        return self.candidates


SearchMethod = Greedy | Beam | BestFirstBeam | DiverseBeam | Sample | Exact | MinimumBayesRisk
"""The methods of search."""


_LARGEST_EXPONENT = 10


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _check_width(width: object) -> None:
    if not (isinstance(width, int | np.integer) and _is_whole(width) and width >= 1):
        raise InputError(f"a beam of {width!r} is no whole number of hypotheses", remedy="give 1 or more, such as 5.")


def _check_length_penalty(exponent: float) -> None:
    if not abs(exponent) <= _LARGEST_EXPONENT:
        raise InputError(
            f"length_penalty = {exponent!r} is no number from -{_LARGEST_EXPONENT} to {_LARGEST_EXPONENT}",
            remedy="give 1, or 0 to compare by log-probability alone.",
        )
