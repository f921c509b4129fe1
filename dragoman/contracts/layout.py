"""Rows of different lengths laid end to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the rows of a packed tensor begin and end.

    Build it with :meth:`of`; the index tensors are then shared by every layer that handles the batch. A layer can be
    tried on a plain tensor [batch, time, width] through a layout of equally long rows:

    >>> x = torch.randn(2, 3, 8)
    >>> layout = Layout.of([3, 3])
    >>> packed = layout.unpad(x)
    >>> packed.shape
    torch.Size([6, 8])
    >>> torch.equal(layout.pad(packed), x)
    True

    Attributes:
        lengths: number of tokens in each row.
        starts: index in ``N`` of each row's first token.
        rows: number of the row of each token.
        positions: position of each token in its row, from 0.
        longest: the length ``L`` of the longest row.
    """

    lengths: Int[Tensor, " B"]
    starts: Int[Tensor, " B"]
    rows: Int[Tensor, " N"]
    positions: Int[Tensor, " N"]
    longest: int

    @classmethod
    def of(cls, lengths: Sequence[int] | Int[Tensor, " B"], device: torch.device | str = "cpu") -> Layout:
        """The layout of rows with these lengths (each at least 1).

        Raises:
            ValueError: if there is no row, or a row is empty.
        """
        # PyTorch's own functions would wake all of its threads, and in the loader's thread a second set of them; and
        # for a single row they take longer than NumPy's.
        sizes = np.asarray(lengths, dtype=np.int64)
        if sizes.size == 0 or sizes.min() < 1:
            raise ValueError(f"a layout needs rows of at least one token, got lengths {sizes.tolist()[:8]}")
        starts = sizes.cumsum() - sizes
        rows = np.arange(len(sizes)).repeat(sizes)
        positions = np.arange(len(rows)) - starts[rows]
        found = [torch.from_numpy(each).to(device) for each in (sizes, starts, rows, positions)]
        return cls(found[0], found[1], found[2], found[3], int(sizes.max()))

    @property
    def batch(self) -> int:
        """The number of rows, B."""
        return self.lengths.shape[0]

    @property
    def tokens(self) -> int:
        """The number of tokens, N."""
        return self.rows.shape[0]

    @property
    def rectangular(self) -> bool:
        """Whether all rows have the same length, so that padding is a change of shape only."""
        return self.tokens == self.batch * self.longest

    @property
    def mask(self) -> Bool[Tensor, "B L"]:
        """``True`` at real positions of the padded form."""
        return torch.arange(self.longest, device=self.lengths.device) < self.lengths[:, None]

    def pad(self, packed: Shaped[Tensor, N * rest]) -> Shaped[Tensor, "B L *rest"]:
        """The rows in a rectangle, with zeros behind the shorter ones."""
        rest = packed.shape[1:]
        if not self.rectangular:
            flat = packed.new_zeros((self.batch * self.longest, *rest))
            packed = flat.index_copy(0, self.rows * self.longest + self.positions, packed)
        return packed.view(self.batch, self.longest, *rest)

    def unpad(self, padded: Shaped[Tensor, "B L *rest"]) -> Shaped[Tensor, N * rest]:
        """The packed rows of a rectangle: the inverse of :meth:`pad`. Values on padding are dropped."""
        flat = padded.flatten(0, 1)
        if self.rectangular:
            return flat
        return flat.index_select(0, self.rows * self.longest + self.positions)

    def mean(self, packed: Float[Tensor, "N D"]) -> Float[Tensor, "B D"]:
        """The mean over the tokens of each row."""
        if self.rectangular:
            return packed.view(self.batch, self.longest, -1).mean(1)
        sums = packed.new_zeros((self.batch, packed.shape[1])).index_add(0, self.rows, packed)
        return sums / self.lengths[:, None].to(packed.dtype)

    def select(self, rows: Int[Tensor, " K"]) -> tuple[Layout, Int[Tensor, " n"]]:
        """The layout of rows ``rows`` (at least one), in that order, and the index in ``N`` of each of their tokens."""
        rows = rows.to(self.lengths.device)
        layout = Layout.of(self.lengths[rows].cpu(), self.lengths.device)
        return layout, self.starts[rows][layout.rows] + layout.positions

    def to(self, device: torch.device | str) -> Layout:
        """The same layout on another device."""
        parts = (self.lengths, self.starts, self.rows, self.positions)
        lengths, starts, rows, positions = (part.to(device, non_blocking=True) for part in parts)
        return Layout(lengths, starts, rows, positions, self.longest)
