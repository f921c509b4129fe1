"""An encoder that reads a picture by a small convolutional network, into one hidden state."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Layout, Memory, Pictures
from dragoman.encoders.flat import of_one_size
from dragoman.encoders.ink import ink
from dragoman.layers.convolution.cross_correlation_2d import CrossCorrelation2d
from dragoman.layers.convolution.output_size import output_size
from dragoman.layers.convolution.pooling import MaximumPooling
from dragoman.layers.hidden_layers import HiddenLayers


class LeNetEncoder(nn.Module):
    """Two convolutions of 5×5, each followed by pooling of 2×2, then fully connected layers (LeCun et al. 1998, II.B).

    Some parts are more modern: ReLU for the scaled tanh, the maximum for the trained averages, maps that each see all
    maps before them, and softmax regression on top instead of radial basis functions. A pixel is read as a number from
    0, white, to 1, black. With 28×28 pixels, 6 and 16 channels, and layers of 120 and 84 units, it is LeNet-5.

    >>> import torch
    >>> pictures = Pictures(torch.zeros(1, 28, 2 * 28, dtype=torch.uint8), Layout.of([28, 28]))
    >>> LeNetEncoder(1, 28, 28, (6, 16), (120, 84), dropout=0.0)(pictures).states.shape
    torch.Size([2, 84])

    Args:
        channels_in: number of channels of a picture: 1, or 3 in colour.
        height: height of a picture, in pixels.
        width: width of a picture, in pixels.
        channels: number of output channels of each of the two convolutions.
        hidden: width of each fully connected layer; the last is the width of the hidden state.
        dropout: dropout rate on the result of each fully connected layer.

    Attributes:
        size: channels, height and width of a picture.
        states_width: width D of the hidden state.

    Raises:
        UnsupportedError: if the pictures are too small.
    """

    def __init__(
        self,
        channels_in: int,
        height: int,
        width: int,
        channels: tuple[int, int],
        hidden: Sequence[int],
        dropout: float,
    ) -> None:
        super().__init__()
        self.size = channels_in, height, width
        self.convolution_1 = CrossCorrelation2d(channels_in, channels[0], (5, 5), padding=(2, 2))
        self.convolution_2 = CrossCorrelation2d(channels[0], channels[1], (5, 5))
        self.pooling = MaximumPooling((2, 2))
        for convolution in (self.convolution_1, self.convolution_2):
            height, width = (output_size(size, 2, 2) for size in convolution.output_size(height, width))
        self.hidden = HiddenLayers(channels[1] * height * width, hidden, F.relu, dropout)
        self.states_width = self.hidden.width

    def forward(self, source: Pictures) -> Memory:
        """One hidden state for each picture."""
        x = self.numbers(source)
        for convolution in (self.convolution_1, self.convolution_2):
            x = self.pooling(F.relu(convolution(x)))
        states = self.hidden(x.flatten(1))
        return Memory(states, Layout.of([1] * len(states), states.device), states)

    def numbers(self, source: Pictures) -> Float[Tensor, "B C H W"]:
        """The ink of every pixel.

        Raises:
            UnsupportedError: if a picture has another size.
        """
        return ink(of_one_size(source, *self.size), self.convolution_1.weight.dtype)
