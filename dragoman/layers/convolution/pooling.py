"""Pooling: one number for each small window of a picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.layers.convolution.output_size import output_size

Pair = tuple[int, int]
"""A vertical number, then the horizontal one."""


def _windows(x: Float[Tensor, "C H W"], kernel: Pair, stride: Pair) -> Float[Tensor, "C P Q n"]:
    """The numbers in each window, by definition."""
    rows = []
    for p in range(output_size(x.shape[1], kernel[0], stride[0])):
        row = []
        for q in range(output_size(x.shape[2], kernel[1], stride[1])):
            top, left = p * stride[0], q * stride[1]
            row.append(x[:, top : top + kernel[0], left : left + kernel[1]].flatten(1))
        rows.append(torch.stack(row, 1))
    return torch.stack(rows, 1)


def maximum_pooling_equations(x: Float[Tensor, "C H W"], kernel: Pair, stride: Pair) -> Float[Tensor, "C P Q"]:
    """y_pq = max_{k,l} x_{p s + k, q s + l}.

    >>> maximum_pooling_equations(torch.arange(8.0).view(1, 2, 4), (2, 2), (2, 2))
    tensor([[[5., 7.]]])
    """
    return _windows(x, kernel, stride).max(-1).values


def average_pooling_equations(x: Float[Tensor, "C H W"], kernel: Pair, stride: Pair) -> Float[Tensor, "C P Q"]:
    """y_pq = 1/(K L) Σ_{k,l} x_{p s + k, q s + l}.

    >>> average_pooling_equations(torch.arange(8.0).view(1, 2, 4), (2, 2), (2, 2))
    tensor([[[2.5000, 4.5000]]])
    """
    return _windows(x, kernel, stride).sum(-1) / (kernel[0] * kernel[1])


class MaximumPooling(nn.Module):
    """The largest number of each window and channel, without padding.

    >>> import torch
    >>> MaximumPooling((2, 2))(torch.arange(8.0).view(1, 1, 2, 4))
    tensor([[[[5., 7.]]]])

    Args:
        kernel: height and width of the window.
        stride: step from one window to the next, in pixels; by default the size of the window, so that windows touch.
    """

    def __init__(self, kernel: Pair, stride: Pair | None = None) -> None:
        super().__init__()
        self.kernel = kernel
        self.stride = stride or kernel

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C P Q"]:
        """The fast path of :func:`maximum_pooling_equations`; an incomplete window at the edge is left out."""
        _fits(x, self.kernel)
        return F.max_pool2d(x, self.kernel, self.stride)


class AveragePooling(nn.Module):
    """The mean of each window and channel, without padding.

    >>> import torch
    >>> AveragePooling((2, 2))(torch.arange(8.0).view(1, 1, 2, 4))
    tensor([[[[2.5000, 4.5000]]]])

    Args:
        kernel: height and width of the window.
        stride: step from one window to the next, in pixels; by default the size of the window, so that windows touch.
    """

    def __init__(self, kernel: Pair, stride: Pair | None = None) -> None:
        super().__init__()
        self.kernel = kernel
        self.stride = stride or kernel

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C P Q"]:
        """The fast path of :func:`average_pooling_equations`; an incomplete window at the edge is left out."""
        _fits(x, self.kernel)
        return F.avg_pool2d(x, self.kernel, self.stride)


def _fits(x: Float[Tensor, "B C H W"], kernel: Pair) -> None:
    """Check that the window is not larger than the picture.

    Raises:
        UnsupportedError: if it is.
    """
    for size, window in zip(x.shape[2:], kernel, strict=True):
        output_size(size, window)
