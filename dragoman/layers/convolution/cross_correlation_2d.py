"""Two-dimensional cross-correlation over pictures."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.layers.convolution.output_size import output_size

Pair = tuple[int, int]
"""Something vertical, then the same horizontally."""


def cross_correlation_2d_equations(
    x: Float[Tensor, "C_i H W"],
    weight: Float[Tensor, "C_o C_i K L"],
    bias: Float[Tensor, " C_o"] | None,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
) -> Float[Tensor, "C_o P Q"]:
    """y_pq = Σ_k Σ_l W_kl x_{p s + k d − u, q s + l d − u} + b, where what lies outside the picture is zero.

    Stride s, dilation d and padding u are each one number vertically and another horizontally. Called convolution all
    the same: the kernel is learnt, so whether it is flipped makes no difference.
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
    """The fast path of :func:`cross_correlation_2d_equations`: the library's kernel, on the channels of a pixel side by
    side in memory. With a 1×1 kernel it is a linear layer at every pixel.

    Fresh weights are from N(0, 2 / (C_i K L)), which keeps the variance of what passes a ReLU (He et al. 2015, eq. 10).

    >>> convolution = CrossCorrelation2d(3, 16, (3, 3), stride=(2, 2), padding=(1, 1))
    >>> convolution(torch.randn(2, 3, 28, 28)).shape
    torch.Size([2, 16, 14, 14])

    Args:
        inputs: channels C_i.
        outputs: channels C_o.
        kernel: its height K and width L.
        stride: step from one output to the next, in pixels.
        padding: rows of zeros above and below, columns of zeros left and right.
        dilation: step from one place of the kernel to the next, in pixels.
        bias: whether there is one; batch normalisation behind would take it away again.
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
        """Height and width of what comes of a picture.

        Raises:
            UnsupportedError: if the kernel does not fit into it.
        """
        tall, wide = self.weight.shape[2:]
        return (
            output_size(height, tall, self.stride[0], self.padding[0], self.dilation[0]),
            output_size(width, wide, self.stride[1], self.padding[1], self.dilation[1]),
        )

    def forward(self, x: Float[Tensor, "B C_i H W"]) -> Float[Tensor, "B C_o P Q"]:
        """Every picture by itself, with zeros around it."""
        self.output_size(x.shape[2], x.shape[3])
        stride = self.stride
        if self.weight.shape[2:] == (1, 1) and self.padding == (0, 0):
            # It sees nothing between its steps. The library's gradient for strides, too, writes outside of its memory
            # (oneDNN's brgconv_strided, with 12 channels in).
            x, stride = x[:, :, :: stride[0], :: stride[1]], (1, 1)
        x = x.contiguous(memory_format=torch.channels_last)
        return F.conv2d(x, self.weight, self.bias, stride, self.padding, self.dilation)
