"""Requests to a search, and its results."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from dragoman.contracts.constraints import OutputAutomaton
from dragoman.contracts.hypothesis import Hypothesis
from dragoman.contracts.search_methods import SearchFeature, SearchMethod
from dragoman.contracts.search_trace import SearchTrace
from dragoman.errors import InputError, UnsupportedError


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Everything that is asked of a search, except for its input.

    Limits, minimums, prefixes, constraints and numbers have one entry per row of the input, in the same order.

    >>> from dragoman.contracts import Beam
    >>> request = SearchRequest(Beam(width=4), n_best=2, limits=[20, 30])
    >>> request.select([1]).limits
    [30]

    Attributes:
        method: the method of search.
        n_best: number of hypotheses wanted of each row, at most as many as the method can give.
        limits: the most tokens of each row's output, without prefix and end symbol; None for as many as the encoder has
            states for the row, or for its minimum if that is more.
        minimums: the fewest tokens of each row's output, without prefix and end symbol: the end symbol is not allowed
            before; None for none. What a search has to cut because it loops may have fewer.
        forbidden: symbols that must not be written, besides those that never are.
        prefixes: symbols with which each row's output begins; any symbols but the end symbol.
        constraints: for each row the automaton that accepts what its output may be, prefix included; None for a row
            whose output may be anything. Complete hypotheses are accepted.
        numbers: number of each row, on which its random draws depend; None for its index.
        trace: whether the result has all hypotheses that the search considered.

    Raises:
        InputError: if fewer than 1 or more hypotheses than the method can give are wanted, or a limit or a minimum is
            negative, or a minimum is above its limit.
    """

    method: SearchMethod
    n_best: int = 1
    limits: Sequence[int] | None = None
    minimums: Sequence[int] | None = None
    forbidden: Sequence[int] = ()
    prefixes: Sequence[Sequence[int]] | None = None
    constraints: Sequence[OutputAutomaton | None] | None = None
    numbers: Sequence[int] | None = None
    trace: bool = False

    def __post_init__(self) -> None:
        most = self.method.most
        if isinstance(self.n_best, bool) or not isinstance(self.n_best, int | np.integer) or self.n_best < 1:
            raise InputError(f"n_best = {self.n_best!r} is no number of hypotheses", remedy="give 1 or more.")
        if most is not None and self.n_best > most:
            raise InputError(
                f"n_best = {self.n_best!r}, and {self.method.feature.value} gives up to {most:,}",
                remedy="give a whole number from 1 to the beam's width, or a wider beam.",
            )
        if self.limits is not None and min(self.limits, default=0) < 0:
            raise InputError(
                f"an output of at most {min(self.limits)} tokens was asked for", remedy="give limits of 0 or more."
            )
        if self.minimums is not None and min(self.minimums, default=0) < 0:
            raise InputError(
                f"an output of at least {min(self.minimums)} tokens was asked for", remedy="give minimums of 0 or more."
            )
        for row, (least, most) in enumerate(zip(self.minimums or (), self.limits or (), strict=False)):
            if least > most:
                raise InputError(
                    f"of row {row + 1}, at least {least:,} tokens and at most {most:,} were asked for",
                    remedy="give a minimum that is no larger than the limit.",
                )

    @property
    def followed(self) -> int:
        """The number of hypotheses of each row that are followed at the same time."""
        return self.method.width if self.method.most is not None else max(self.method.width, self.n_best)

    @property
    def features(self) -> frozenset[SearchFeature]:
        """The features that an engine needs to answer the request."""
        asked = {
            SearchFeature.PREFIXES: self.prefixes is not None,
            SearchFeature.MINIMUMS: self.minimums is not None and any(self.minimums),
            SearchFeature.CONSTRAINTS: self.constraints is not None,
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
            InputError: if limits, minimums, prefixes or constraints are for another number of rows.
        """
        lacking = self.features.difference(able)
        if lacking:
            missing = [feature.value for feature in SearchFeature if feature in lacking]
            raise UnsupportedError(
                f"{engine} has no {', no '.join(missing)}", remedy="leave it out, or search with another engine."
            )
        names = ("limits", "minimums", "prefixes", "constraints")
        for name, values in zip(names, (self.limits, self.minimums, self.prefixes, self.constraints), strict=True):
            if values is not None and len(values) != rows:
                raise InputError(f"{len(values):,} {name} for {rows:,} rows", remedy=f"give {name} for each row.")

    def most_tokens(self, states: Sequence[int]) -> list[int]:
        """The most tokens of each row's output, without prefix and end symbol.

        >>> from dragoman.contracts import Greedy
        >>> SearchRequest(Greedy(), minimums=[0, 9]).most_tokens([5, 7])
        [5, 9]

        Args:
            states: the number of states that the encoder has for each row.
        """
        if self.limits is not None:
            return list(self.limits)
        return [max(both) for both in zip(states, self.minimums or states, strict=True)]

    def apart(self, rows: int) -> list[list[int]]:
        """The rows without a constraint and those with one, which go through a search differently; no group is empty.

        Args:
            rows: number of rows of the input.
        """
        bound = [row for row, one in enumerate(self.constraints or ()) if one is not None]
        free = sorted({*range(rows)}.difference(bound))
        return [group for group in (free, bound) if group]

    def select(self, rows: Sequence[int]) -> SearchRequest:
        """The request for rows ``rows`` alone, in that order; without constraints if none of them has any."""
        constraints = _selected(self.constraints, rows)
        return replace(
            self,
            limits=_selected(self.limits, rows),
            minimums=_selected(self.minimums, rows),
            prefixes=_selected(self.prefixes, rows),
            constraints=None if all(one is None for one in constraints or ()) else constraints,
            numbers=_selected(self.numbers, rows),
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """What exact search has proved about the hypotheses that it found for one row.

    >>> Proof(bound=-1.5, proved=False, expansions=100_000).gap(found=-2.0)
    0.5

    Attributes:
        bound: no other output of the model than these hypotheses scores higher than this, as far as the request's rules
            allow it; −∞ if there is no other.
        proved: whether they are the best outputs, so that no other scores higher than the last of them; otherwise the
            budget was spent before, or the model can end no output within the limit.
        expansions: number of hypotheses whose continuations the model scored, without those of the beam search.
    """

    bound: float
    proved: bool
    expansions: int

    def gap(self, found: float) -> float:
        """How much higher than ``found``, the score of one of the hypotheses, the score of another output may still be;
        0 if it is proved that none is higher."""
        return 0.0 if self.proved else max(self.bound - found, 0.0)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search.

    >>> from dragoman.contracts import Ending
    >>> found = Hypothesis([5, 6], log_probability=-0.7, score=-0.7, ending=Ending.COMPLETE)
    >>> [hypothesis.tokens for hypothesis in SearchResult([[found]]).best]
    [[5, 6]]

    Attributes:
        hypotheses: up to ``n_best`` hypotheses for each row: complete ones by score, then cut ones by score; of
            sampling, in the order in which they were drawn.
        calls: number of hypotheses, of all rows together, whose continuations the model scored; None where the engine
            does not count them.
        proofs: for each row what exact search has proved; None for other methods.
        trace: for each row all hypotheses that the search considered, if that was asked for.
    """

    hypotheses: list[list[Hypothesis]]
    calls: int | None = None
    proofs: list[Proof] | None = None
    trace: list[SearchTrace] | None = None

    @property
    def best(self) -> list[Hypothesis]:
        """The best hypothesis of each row."""
        return [hypotheses[0] for hypotheses in self.hypotheses]

    def select(self, rows: Sequence[int]) -> SearchResult:
        """The result for rows ``rows`` alone, in that order; the calls are those of all rows."""
        return SearchResult(
            [self.hypotheses[row] for row in rows],
            calls=self.calls,
            proofs=None if self.proofs is None else [self.proofs[row] for row in rows],
            trace=None if self.trace is None else [self.trace[row] for row in rows],
        )

    @classmethod
    def joined(cls, parts: Iterable[tuple[Sequence[int], SearchResult]], *, rows: int) -> SearchResult:
        """The result for ``rows`` rows from the results for some of them each.

        >>> SearchResult.joined([([1], SearchResult([[]], calls=2)), ([0], SearchResult([[]], calls=3))], rows=2).calls
        5

        Args:
            parts: for each part the rows that it is for, and their result.
            rows: number of rows of all parts together.
        """
        hypotheses: list[list[Hypothesis]] = [[] for _ in range(rows)]
        proofs: dict[int, Proof] = {}
        traces: dict[int, SearchTrace] = {}
        calls: int | None = 0
        for places, part in parts:
            for place, found in zip(places, part.hypotheses, strict=True):
                hypotheses[place] = found
            proofs.update(zip(places, part.proofs or (), strict=part.proofs is not None))
            traces.update(zip(places, part.trace or (), strict=part.trace is not None))
            calls = None if calls is None or part.calls is None else calls + part.calls
        return cls(
            hypotheses,
            calls=calls,
            proofs=[proofs[row] for row in range(rows)] if proofs else None,
            trace=[traces[row] for row in range(rows)] if traces else None,
        )


_Each = TypeVar("_Each")


def _selected(values: Sequence[_Each] | None, rows: Sequence[int]) -> Sequence[_Each] | None:
    return None if values is None else [values[row] for row in rows]
