"""The rules that every search follows, whatever its method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Int
from torch import Tensor

from dragoman.contracts import OutputAutomaton, SearchRequest, SpecialSymbols
from dragoman.contracts.search_errors import prefix_holds_end
from dragoman.search.repetition import RepetitionRule
from dragoman.search.scores import Normalizer, log_normalizer


@dataclass(frozen=True, slots=True)
class SearchRules:
    """The rules that every search follows, whatever its method.

    >>> SearchRules(start=0, end=1, limits=[9, 9], prefixes=[[5, 6], [7]]).prefix_table()
    tensor([[ 5,  6],
            [ 7, -1]])

    Attributes:
        start: symbol that is read first.
        end: symbol that completes a hypothesis.
        limits: the most tokens of each row, without prefix and end symbol.
        n_best: the most hypotheses of each row.
        forbidden: symbols that are never written.
        prefixes: symbols with which each row begins; they are read, add nothing to the log-probability, and are not
            part of the hypothesis.
        constraints: for each row the automaton that accepts its output, prefix included, or None.
        numbers: the number of each row, on which its random draws depend; by default its index.
        repetition: the rule that says what is a loop, which ends a hypothesis and is cut; sampling allows all loops.
        normalizer: function from scores to what turns them into log-probabilities; see
            :func:`~dragoman.search.scores.unnormalized`.
        trace: whether the search writes down what it considers.
        minimums: the fewest tokens of each row, without prefix and end symbol, before which it cannot end; None for
            none.

        Raises:
            InputError: if a prefix contains the end symbol.
    """

    start: int
    end: int
    limits: Sequence[int]
    n_best: int = 1
    forbidden: Sequence[int] = ()
    prefixes: Sequence[Sequence[int]] | None = None
    constraints: Sequence[OutputAutomaton | None] | None = None
    numbers: Sequence[int] | None = None
    repetition: RepetitionRule = field(default_factory=RepetitionRule)
    normalizer: Normalizer = log_normalizer
    trace: bool = False
    minimums: Sequence[int] | None = None

    def __post_init__(self) -> None:
        for row, prefix in enumerate(self.prefixes or ()):
            if self.end in prefix:
                raise prefix_holds_end(row, self.end)

    @classmethod
    def of(
        cls,
        request: SearchRequest,
        *,
        special: SpecialSymbols,
        limits: Sequence[int] = (),
        numbers: Sequence[int] | None = None,
        normalizer: Normalizer = log_normalizer,
    ) -> SearchRules:
        """The rules of a request.

        Args:
            request: the request.
            special: the special symbols of the target vocabulary.
            limits: the most tokens of each row, where the request has no limits and the row's minimum is not larger.
            numbers: the number of each row in the whole request, if these are only some of its rows and the request
                does not number them.
            normalizer: function from scores to what turns them into log-probabilities.
        """
        return cls(
            special.start,
            special.end,
            request.most_tokens(limits),
            n_best=request.n_best,
            forbidden=(*special.never_written, *request.forbidden),
            prefixes=request.prefixes,
            constraints=request.constraints,
            numbers=numbers if request.numbers is None else request.numbers,
            normalizer=normalizer,
            trace=request.trace,
            minimums=request.minimums,
        )

    def select(self, rows: Sequence[int]) -> SearchRules:
        """The rules for rows ``rows`` alone, in that order."""
        numbers = self.numbers if self.numbers is not None else range(len(self.limits))
        return replace(
            self,
            limits=[self.limits[row] for row in rows],
            prefixes=None if self.prefixes is None else [self.prefixes[row] for row in rows],
            constraints=None if self.constraints is None else [self.constraints[row] for row in rows],
            numbers=[numbers[row] for row in rows],
            minimums=None if self.minimums is None else [self.minimums[row] for row in rows],
        )

    def prefix_table(self) -> Int[Tensor, "n P"]:
        """The prefixes as the rows of a table, filled up with −1; without prefixes it has no columns."""
        begun = self.prefixes or [()] * len(self.limits)
        longest = max(map(len, begun), default=0)
        rows = [[*prefix, *[-1] * (longest - len(prefix))] for prefix in begun]
        return torch.tensor(rows, dtype=torch.int64).view(len(begun), longest)
