"""A convolution with gated linear units and its residual connection."""

from __future__ import annotations

import math

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Layout
from dragoman.layers.convolution.cross_correlation_1d import CrossCorrelation1d
from dragoman.layers.dropout import Dropout


class GatedConvolutionBlock(nn.Module):
    """(x + GLU(conv(Dropout(x)))) · √½, GLU([a; b]) = a ⊗ σ(b) (Gehring et al. 2017, sections 3.2 and 3.4).

    The factor √½ keeps the variance of a sum of two terms of equal variance. Unlike there, weights are not normalised.

    >>> import torch
    >>> x, layout = torch.randn(2, 5, 8), Layout.of([5, 5])
    >>> layout.pad(GatedConvolutionBlock(8, taps=3, dropout=0.0)(layout.unpad(x), layout)).shape
    torch.Size([2, 5, 8])

    Args:
        width: number of channels D.
        taps: width K of the kernel, odd.
        dropout: dropout rate on the input of the convolution.
    """

    def __init__(self, width: int, taps: int, dropout: float) -> None:
        super().__init__()
        # Section 3.5: a gate halves the variance and dropout raises it; the initial weights make up for both.
        deviation = math.sqrt(4 * (1 - dropout) / (taps * width))
        self.convolution = CrossCorrelation1d(width, 2 * width, taps, deviation)
        self.dropout = Dropout(dropout)

    def forward(self, x: Float[Tensor, "N D"], layout: Layout) -> Float[Tensor, "N D"]:
        """The hidden states after the block."""
        return (x + F.glu(self.convolution(self.dropout(x), layout), -1)) * math.sqrt(0.5)
