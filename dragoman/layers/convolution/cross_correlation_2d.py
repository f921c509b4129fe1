"""Two-dimensional cross-correlation over pictures."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.layers.convolution.output_size import output_size

Pair = tuple[int, int]
"""A vertical number, then the horizontal one."""


def cross_correlation_2d_equations(
    x: Float[Tensor, "C_i H W"],
    weight: Float[Tensor, "C_o C_i K L"],
    bias: Float[Tensor, " C_o"] | None,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
) -> Float[Tensor, "C_o P Q"]:
    """y_pq = Σ_k Σ_l W_kl x_{p s + k d − u, q s + l d − u} + b, with zeros outside the picture.

    Stride s, dilation d and padding u are each one number vertically and another horizontally. It is called a
    convolution nevertheless: the kernel is learnt, so whether it is flipped makes no difference.

    >>> x, kernel = torch.arange(9.0).view(1, 3, 3), torch.tensor([[[[0.0, 1.0]]]])  # picks the pixel to the right
    >>> cross_correlation_2d_equations(x, kernel, None)
    tensor([[[1., 2.],
             [4., 5.],
             [7., 8.]]])
    """
    (height, width), (tall, wide) = x.shape[1:], weight.shape[2:]
    rows = []
    for p in range(output_size(height, tall, stride[0], padding[0], dilation[0])):
        row = []
        for q in range(output_size(width, wide, stride[1], padding[1], dilation[1])):
            y = x.new_zeros(len(weight)) if bias is None else bias
            for k in range(tall):
                for j in range(wide):
                    i_h = p * stride[0] + k * dilation[0] - padding[0]
                    i_w = q * stride[1] + j * dilation[1] - padding[1]
                    if 0 <= i_h < height and 0 <= i_w < width:
                        y = y + weight[:, :, k, j] @ x[:, i_h, i_w]
            row.append(y)
        rows.append(torch.stack(row, 1))
    return torch.stack(rows, 1)


class CrossCorrelation2d(nn.Module):
    """The fast path of :func:`cross_correlation_2d_equations`: PyTorch's kernel, with the channels of a pixel side by
    side in memory. With a 1×1 kernel it is a linear layer at every pixel.

    Weights are initialised from N(0, 2 / (C_i K L)), which keeps the variance across a ReLU (He et al. 2015, eq. 10).

    >>> convolution = CrossCorrelation2d(3, 16, (3, 3), stride=(2, 2), padding=(1, 1))
    >>> convolution(torch.randn(2, 3, 28, 28)).shape
    torch.Size([2, 16, 14, 14])

    Args:
        inputs: number of channels C_i of the input.
        outputs: number of channels C_o of the output.
        kernel: height K and width L of the kernel.
        stride: step from one output to the next, in pixels.
        padding: rows of zeros above and below, columns of zeros left and right.
        dilation: step from one element of the kernel to the next, in pixels.
        bias: whether there is a bias; batch normalisation behind it would cancel one.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Pair,
        *,
        stride: Pair = (1, 1),
        padding: Pair = (0, 0),
        dilation: Pair = (1, 1),
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, *kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        nn.init.normal_(self.weight, std=math.sqrt(2 / (inputs * kernel[0] * kernel[1])))

    def output_size(self, height: int, width: int) -> Pair:
        """Height and width of the output for a picture of this height and width.

        Raises:
            UnsupportedError: if the kernel does not fit into the picture.
        """
        tall, wide = self.weight.shape[2:]
        return (
            output_size(height, tall, self.stride[0], self.padding[0], self.dilation[0]),
            output_size(width, wide, self.stride[1], self.padding[1], self.dilation[1]),
        )

    def forward(self, x: Float[Tensor, "B C_i H W"]) -> Float[Tensor, "B C_o P Q"]:
        """The result for every picture by itself, with zeros around it."""
        self.output_size(x.shape[2], x.shape[3])
        stride = self.stride
        if self.weight.shape[2:] == (1, 1) and self.padding == (0, 0):
            # A 1×1 kernel skips the pixels between its steps. Besides, the strided gradient of oneDNN (brgconv_strided,
            # with 12 input channels) writes outside of its memory.
            x, stride = x[:, :, :: stride[0], :: stride[1]], (1, 1)
        x = x.contiguous(memory_format=torch.channels_last)
        return F.conv2d(x, self.weight, self.bias, stride, self.padding, self.dilation)
