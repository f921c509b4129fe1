"""The keys and values that attention reads."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True, slots=True)
class KeyValues:
    """Keys and values of several rows, padded to one rectangle.

    Attributes:
        keys: the keys of every head.
        values: the values of every head.
        mask: ``True`` at real positions; None if all are real.
    """

    keys: Float[Tensor, "B H S d"]
    values: Float[Tensor, "B H S e"]
    mask: Bool[Tensor, "B 1 1 S"] | None

    @property
    def length(self) -> int:
        """How many keys a row has, with padding."""
        return self.keys.shape[2]

    def select(self, rows: Int[Tensor, " K"]) -> KeyValues:
        """Keys and values of rows ``rows``, in that order."""
        rows = rows.to(self.keys.device)
        mask = None if self.mask is None else self.mask.index_select(0, rows)
        return KeyValues(self.keys.index_select(0, rows), self.values.index_select(0, rows), mask)

    def first(self, count: int) -> KeyValues:
        """Keys and values of the first ``count`` rows, without a copy."""
        mask = None if self.mask is None else self.mask[:count]
        return KeyValues(self.keys[:count], self.values[:count], mask)
