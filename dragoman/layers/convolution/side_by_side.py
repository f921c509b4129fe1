"""Pictures of several widths as one long picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from dragoman.contracts import Layout


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The positions of a batch's pictures on one long picture, with gaps between them that kernels do not reach across.

    A convolution over the long picture then gives for each picture what it would give for it alone, with zeros around
    it, as long as the gaps are zero before every convolution. Nothing is computed on padding but the gaps.

    >>> pictures = SideBySide.of(Layout.of([4, 2]), multiple=2)
    >>> pictures.real.int().flatten().tolist()
    [1, 1, 1, 1, 0, 0, 1, 1, 0, 0]
    >>> pictures.strided(2).layout.lengths
    tensor([2, 1])

    Attributes:
        layout: how wide each picture is.
        starts: the column of the long picture at which each picture begins, a multiple of ``multiple``.
        width: number of columns W of the long picture, a multiple of ``multiple``.
        multiple: product of the horizontal strides of all convolutions that follow.
    """

    layout: Layout
    starts: Int[Tensor, " B"]
    width: int
    multiple: int

    @classmethod
    def of(cls, layout: Layout, multiple: int, reach: int = 1) -> SideBySide:
        """The positions of pictures of these widths, with gaps for all convolutions that follow.

        Args:
            layout: how wide each picture is.
            multiple: product of all horizontal strides.
            reach: number of columns that a kernel reaches to either side of its middle, in every convolution;
                (L − 1)/2 for kernels of width L. A gap still has at least as many columns after all strides.
        """
        rooms = (layout.lengths.cpu() + multiple - 1) // multiple + reach
        ends = rooms.cumsum(0) * multiple
        return cls(layout, (ends - rooms * multiple).to(layout.lengths.device), int(ends[-1]), multiple)

    @property
    def places(self) -> Int[Tensor, " N"]:
        """The column of the long picture for each packed column."""
        return self.starts.index_select(0, self.layout.rows) + self.layout.positions

    @property
    def real(self) -> Bool[Tensor, "1 1 1 W"]:
        """``True`` at columns that belong to a picture."""
        empty = torch.zeros(self.width, dtype=torch.bool, device=self.starts.device)
        return empty.index_fill_(0, self.places, True)[None, None, None]

    def lay(self, values: Shaped[Tensor, "C H N"]) -> Shaped[Tensor, "1 C H W"]:
        """The long picture, with zeros in the gaps."""
        channels, height, _ = values.shape
        # Convolutions are fastest where the channels of a pixel lie together.
        empty = values.new_zeros((height, self.width, channels))
        return empty.index_copy(1, self.places, values.permute(1, 2, 0)).permute(2, 0, 1)[None]

    def strided(self, stride: int) -> SideBySide:
        """The positions after a convolution with this horizontal stride, which leaves ⌈n / stride⌉ of n columns.

        Raises:
            ValueError: if ``multiple`` is not a multiple of the stride.
        """
        if self.multiple % stride:
            raise ValueError(f"pictures that begin at multiples of {self.multiple} cannot be strided by {stride}")
        if stride == 1:
            return self
        lengths = (self.layout.lengths.cpu() + stride - 1) // stride
        layout = Layout.of(lengths, self.starts.device)
        return SideBySide(layout, self.starts // stride, self.width // stride, self.multiple // stride)

    def columns(self, x: Float[Tensor, "1 D H W"]) -> Float[Tensor, "N H*D"]:
        """The real columns, packed; each is a vector of the channels of every row, from top to bottom."""
        # In this order, the channels of a pixel lie together in the gradient, too.
        return x.squeeze(0).permute(1, 2, 0).index_select(1, self.places).permute(1, 0, 2).flatten(1)
