"""Packed rows in the order of time, in which a recurrence reads them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from dragoman.contracts import Layout


@dataclass(frozen=True, slots=True)
class TimeMajor:
    """The tokens of a layout in order of time: the first of every row, then the second of those that have one, and so
    on.

    Within a step, rows stand from the longest to the shortest, so that the rows of a step are the first of those of the
    step before. A recurrence then computes on no padding, and no row waits for another.

    >>> time = TimeMajor.of(Layout.of([1, 3]))  # token 0, and tokens 1 to 3
    >>> time.order, time.sizes
    (tensor([1, 0, 2, 3]), tensor([2, 1, 1]))

    Attributes:
        order: the packed index of each token, in the order of time.
        inverse: the position in the order of time of each packed token.
        sizes: number of rows that have a token at each step, on the CPU.
        rows: the rows of the layout, longest first.
        last: the position in the order of time of each row's last token, for the rows in the layout's order.
    """

    order: Int[Tensor, " N"]
    inverse: Int[Tensor, " N"]
    sizes: Int[Tensor, " L"]
    rows: Int[Tensor, " B"]
    last: Int[Tensor, " B"]

    @classmethod
    def of(cls, layout: Layout, *, backwards: bool = False) -> TimeMajor:
        """The order from the first token to the last, or from the last to the first."""
        lengths = layout.lengths
        rows = torch.argsort(lengths, descending=True, stable=True)
        rank = torch.empty_like(rows)
        rank[rows] = torch.arange(len(rows), device=rows.device)
        times = layout.positions
        if backwards:
            times = lengths[layout.rows] - 1 - times
        order = torch.argsort(times * len(rows) + rank[layout.rows])
        inverse = torch.empty_like(order)
        inverse[order] = torch.arange(len(order), device=order.device)
        sizes = torch.bincount(layout.positions, minlength=layout.longest)
        ends = layout.starts if backwards else layout.starts + lengths - 1
        return cls(order, inverse, sizes.cpu(), rows, inverse[ends])

    def arrange(self, packed: Shaped[Tensor, N * rest]) -> Shaped[Tensor, N * rest]:
        """The packed values in the order of time."""
        return packed.index_select(0, self.order)

    def restore(self, arranged: Shaped[Tensor, N * rest]) -> Shaped[Tensor, N * rest]:
        """The values in the layout's order again: the inverse of :meth:`arrange`."""
        return arranged.index_select(0, self.inverse)
