"""Packed rows in the order in which a recurrence goes through them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from dragoman.contracts import Layout


@dataclass(frozen=True, slots=True)
class TimeMajor:
    """The tokens of a layout by time: the first of every row, then the second of those that have one, and so on.

    Within a step, rows stand from the longest to the shortest, so that the rows that a step still concerns are the
    first of those before. A recurrence then computes on no padding, and no row waits for another.

    Attributes:
        order: the packed index of each place.
        inverse: the place of each packed index.
        sizes: rows alive at each step; on the processor.
        rows: the rows of a step, longest first.
        last: the place of the last token of each row, in the order of the layout's rows.
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
        """From the layout's order to that of time."""
        return packed.index_select(0, self.order)

    def restore(self, arranged: Shaped[Tensor, N * rest]) -> Shaped[Tensor, N * rest]:
        """The inverse of :meth:`arrange`."""
        return arranged.index_select(0, self.inverse)
