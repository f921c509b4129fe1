"""What every search keeps to, by whatever method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Int
from torch import Tensor

from dragoman.contracts import SearchRequest, SpecialSymbols
from dragoman.errors import InputError
from dragoman.search.repetition import RepetitionRule
from dragoman.search.scores import Normalizer, log_normalizer


@dataclass(frozen=True, slots=True)
class SearchRules:
    """What every search keeps to, by whatever method.

    Attributes:
        start: symbol read first.
        end: symbol that completes a hypothesis.
        limits: most tokens of each row, neither prefix nor end symbol counted.
        n_best: hypotheses wanted of each row.
        forbidden: symbols never written.
        prefixes: symbols that each row begins with; they are read, at no cost, and not part of the hypothesis.
        numbers: the number of each row, which its draws depend on; by default its place.
        repetition: what counts as a loop, which ends a hypothesis and is cut; sampling lets all pass.
        normalizer: what makes log-probabilities of scores; see :func:`~dragoman.search.scores.unnormalized`.

    Raises:
        InputError: if a prefix holds the end symbol.
    """

    start: int
    end: int
    limits: Sequence[int]
    n_best: int = 1
    forbidden: Sequence[int] = ()
    prefixes: Sequence[Sequence[int]] | None = None
    numbers: Sequence[int] | None = None
    repetition: RepetitionRule = field(default_factory=RepetitionRule)
    normalizer: Normalizer = log_normalizer

    def __post_init__(self) -> None:
        for row, prefix in enumerate(self.prefixes or ()):
            if self.end in prefix:
                raise InputError(
                    f"the prefix of row {row + 1} holds the end symbol {self.end}",
                    remedy="give what the output begins with, without its end.",
                )

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
            request: what is asked.
            special: the special symbols of the vocabulary that is written.
            limits: most tokens of each row, where the request has none.
            numbers: the number of each row in the whole request, if these are some of its rows.
            normalizer: what makes log-probabilities of scores.
        """
        return cls(
            special.start,
            special.end,
            limits if request.limits is None else request.limits,
            n_best=request.n_best,
            forbidden=(*special.never_written, *request.forbidden),
            prefixes=request.prefixes,
            numbers=numbers,
            normalizer=normalizer,
        )

    def prefix_table(self) -> Int[Tensor, "n P"]:
        """The prefixes side by side, −1 behind each; no column where there are none."""
        begun = self.prefixes or [()] * len(self.limits)
        longest = max(map(len, begun), default=0)
        rows = [[*prefix, *[-1] * (longest - len(prefix))] for prefix in begun]
        return torch.tensor(rows, dtype=torch.int64).view(len(begun), longest)
