"""An encoder that reads a picture of any width by a residual network, into hidden states from left to right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Memory, Pictures
from dragoman.encoders.ink import ink
from dragoman.errors import UnsupportedError
from dragoman.layers.convolution.batch_norm import BatchNorm2d
from dragoman.layers.convolution.cross_correlation_2d import CrossCorrelation2d
from dragoman.layers.convolution.gated_block import GatedConvolutionBlock
from dragoman.layers.convolution.output_size import output_size
from dragoman.layers.convolution.residual_block import ResidualBlock
from dragoman.layers.convolution.side_by_side import SideBySide
from dragoman.layers.dropout import Dropout
from dragoman.layers.initialization import xavier_uniform
from dragoman.layers.linear import linear
from dragoman.layers.normalization import LayerNorm

Step = tuple[int, int, int]
"""Channels, vertical stride and horizontal stride of a convolution."""


class ResidualPictureEncoder(nn.Module):
    """A convolution, residual blocks (He et al. 2016), one vector per remaining column, gated convolutions across them.

    A pixel is read as a number from 0, white, to 1, black, so that the zeros that convolutions see around a picture
    look like paper. The pictures of a batch stand side by side on one long picture (:class:`SideBySide`), which is zero
    between them from the first layer to the last: no picture influences another's hidden states, except through batch
    normalisation in training.

    >>> from dragoman.contracts import Layout
    >>> pictures = Pictures(torch.zeros(1, 16, 60, dtype=torch.uint8), Layout.of([40, 20]))
    >>> encoder = ResidualPictureEncoder(1, 16, (4, 2, 2), [(8, 2, 1)], 12, [], dropout=0.0)
    >>> memory = encoder(pictures)
    >>> memory.layout.lengths, memory.states.shape
    (tensor([20, 10]), torch.Size([30, 12]))

    Args:
        channels_in: number of channels of a picture: 1, or 3 in colour.
        height: height of a picture, in pixels.
        stem: channels and strides of the first convolution, 3×3.
        blocks: channels and strides of each residual block.
        width: width D of the hidden states.
        context: gated convolutions across the hidden states, in both directions.
        dropout: dropout rate on the vectors that the gated convolutions read.

    Attributes:
        stride: number of a picture's columns for each hidden state.
    """

    def __init__(
        self,
        channels_in: int,
        height: int,
        stem: Step,
        blocks: Sequence[Step],
        width: int,
        context: Iterable[GatedConvolutionBlock],
        dropout: float,
    ) -> None:
        super().__init__()
        self.size = channels_in, height
        channels, vertical, horizontal = stem
        self.stem = CrossCorrelation2d(
            channels_in, channels, (3, 3), stride=(vertical, horizontal), padding=(1, 1), bias=False
        )
        self.stem_norm = BatchNorm2d(channels)
        self.blocks = nn.ModuleList()
        self.strides = tuple(step[2] for step in (stem, *blocks))
        self.stride = torch.Size(self.strides).numel()
        height = output_size(height, 3, vertical, 1)
        for outputs, vertical, horizontal in blocks:
            self.blocks.append(ResidualBlock(channels, outputs, (vertical, horizontal)))
            channels, height = outputs, output_size(height, 3, vertical, 1)
        self.weight = nn.Parameter(torch.empty(width, height * channels))
        self.bias = nn.Parameter(torch.zeros(width))
        self.context = nn.ModuleList(context)
        self.norm = LayerNorm(width)
        self.dropout = Dropout(dropout)
        xavier_uniform(self.weight.data)

    def forward(self, source: Pictures) -> Memory:
        """The hidden states across every picture.

        Raises:
            UnsupportedError: if the pictures have other channels or another height.
        """
        place = SideBySide.of(source.layout, self.stride)
        x = place.lay(self.numbers(source).permute(1, 2, 0))
        place, real = _next(place, self.strides[0], None)
        x = F.relu(self.stem_norm(self.stem(x), real))
        for block, stride in zip(self.blocks, self.strides[1:], strict=True):
            place, real = _next(place, stride, real)
            x = block(x, real)
        states = self.dropout(linear(place.columns(x), self.weight, self.bias))
        for block in self.context:
            states = block(states, place.layout)
        states = self.norm(states)
        return Memory(states, place.layout, place.layout.mean(states))

    def numbers(self, source: Pictures) -> Float[Tensor, "N C H"]:
        """The ink of every column of the pictures.

        Raises:
            UnsupportedError: if the pictures have other channels or another height.
        """
        channels, height = source.values.shape[:2]
        if (channels, height) != self.size:
            raise UnsupportedError(
                f"this encoder reads pictures with {self.size[0]} channels and height {self.size[1]}, and got "
                f"{channels} channels and height {height}",
                remedy="scale the pictures to that height, and make them grey or coloured as those it was trained on.",
            )
        return ink(source.values, self.weight.dtype).permute(2, 0, 1)


def _next(place: SideBySide, stride: int, real: Tensor | None) -> tuple[SideBySide, Tensor]:
    """The positions of the pictures after a stride, and which columns are real there."""
    after = place.strided(stride)
    return after, after.real if real is None or after is not place else real
