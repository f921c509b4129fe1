"""Text as packed ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from dragoman.contracts.layout import Layout


@dataclass(frozen=True, slots=True)
class Packed:
    """Token ids of several rows laid end to end.

    >>> text = Packed.of([[5, 6, 7], [8]])
    >>> text.values
    tensor([5, 6, 7, 8])
    >>> text.layout.pad(text.values)
    tensor([[5, 6, 7],
            [8, 0, 0]])

    Attributes:
        values: the ids of all rows, one row behind the other.
        layout: where each row begins and ends.
    """

    values: Int[Tensor, " N"]
    layout: Layout

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]], device: torch.device | str = "cpu") -> Packed:
        """Pack lists of ids.

        Raises:
            ValueError: if there is no row, or a row is empty.
        """
        layout = Layout.of([len(row) for row in rows], device)
        flat = np.array([token for row in rows for token in row], dtype=np.int64)
        return cls(torch.from_numpy(flat).to(device), layout)

    def rows(self) -> list[list[int]]:
        """The ids as one list per row."""
        return [part.tolist() for part in torch.split(self.values, self.layout.lengths.tolist())]

    @property
    def units(self) -> int:
        """The number of tokens, over which a mean loss is taken."""
        return self.layout.tokens

    @property
    def unit_counts(self) -> Int[Tensor, " B"]:
        """The number of tokens of each row."""
        return self.layout.lengths

    @property
    def layouts(self) -> list[Layout]:
        """The layouts of everything that layers may pad."""
        return [self.layout]

    @property
    def tensors(self) -> dict[str, Tensor]:
        """All that it consists of, by name."""
        return {"values": self.values, "lengths": self.layout.lengths}

    def shifted(self, start: int) -> Packed:
        """Each row shifted right by one position behind the symbol ``start``, as a decoder reads it to predict the
        row."""
        values = self.values.roll(1)
        values[self.layout.starts] = start
        return Packed(values, self.layout)

    def select(self, rows: Int[Tensor, " K"]) -> Packed:
        """Rows ``rows``, in that order."""
        layout, places = self.layout.select(rows)
        return Packed(self.values[places], layout)

    def to(self, device: torch.device | str) -> Packed:
        """The same rows on another device."""
        return Packed(self.values.to(device, non_blocking=True), self.layout.to(device))
