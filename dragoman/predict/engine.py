"""What a translator needs of whatever searches for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from dragoman.contracts import Hypothesis


@runtime_checkable
class Engine(Protocol):
    """Source ids in, hypotheses out. It decides which rows are computed together; nothing of one depends on another."""

    @property
    def description(self) -> str:
        """What computes, and with which numbers, in a few words."""
        ...

    def search(
        self,
        rows: list[list[int]],
        *,
        width: int,
        n_best: int,
        length_penalty: float,
        limits: list[int],
        forbidden: Sequence[int] = (),
    ) -> list[list[Hypothesis]]:
        """The best outputs for each source.

        Args:
            rows: source ids, each row ended by the end symbol, in any number and order.
            width: live hypotheses; 1 is greedy search.
            n_best: hypotheses wanted of each row, at most ``width``.
            length_penalty: exponent α of :class:`~dragoman.search.length_penalty.LengthPenalty`.
            limits: most tokens of each row's output, the end symbol not counted.
            forbidden: symbols that are not written here, besides those that never are.

        Returns:
            For each row up to ``n_best`` hypotheses: complete ones by score, then those that had to be cut. No padding,
            unknown or start symbol is ever written.
        """
        ...
