"""One-dimensional cross-correlation over packed rows."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Layout


def cross_correlation_1d_equations(
    row: Float[Tensor, "S I"], weight: Float[Tensor, "O K I"], bias: Float[Tensor, " O"]
) -> Float[Tensor, "S O"]:
    """y_t = Σ_j W_j x_{t + j − (K−1)/2} + b, with zeros outside the row; there are as many outputs as inputs.

    It is called a convolution nevertheless: the kernel is learnt, so whether it is flipped makes no difference.

    >>> row, weight = torch.tensor([[1.0], [2.0], [3.0]]), torch.ones(1, 3, 1)
    >>> cross_correlation_1d_equations(row, weight, torch.zeros(1)).flatten()
    tensor([3., 6., 5.])
    """
    length, taps = len(row), weight.shape[1]
    outputs = []
    for t in range(length):
        y = bias
        for j in range(taps):
            place = t + j - (taps - 1) // 2
            if 0 <= place < length:
                y = y + weight[:, j] @ row[place]
        outputs.append(y)
    return torch.stack(outputs)


class CrossCorrelation1d(nn.Module):
    """The fast path of :func:`cross_correlation_1d_equations`: the neighbours of every token side by side, then one
    matrix product. With one tap it is a linear layer at every position.

    >>> x, layout = torch.randn(2, 5, 8), Layout.of([5, 5])
    >>> convolution = CrossCorrelation1d(8, 6, taps=3, deviation=0.1)
    >>> layout.pad(convolution(layout.unpad(x), layout)).shape
    torch.Size([2, 5, 6])

    Args:
        inputs: number of channels I of the input.
        outputs: number of channels O of the output.
        taps: width K of the kernel, odd, so that it has a middle.
        deviation: standard deviation of the fresh weights.
    """

    def __init__(self, inputs: int, outputs: int, taps: int, deviation: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, taps, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.normal_(self.weight, std=deviation)

    def forward(self, x: Float[Tensor, "N I"], layout: Layout) -> Float[Tensor, "N O"]:
        """The result for every row by itself, with zeros around it."""
        taps = self.weight.shape[1]
        if taps > 1:
            around = F.pad(layout.pad(x), (0, 0, (taps - 1) // 2, (taps - 1) // 2))
            x = layout.unpad(torch.cat([around[:, j : j + layout.longest] for j in range(taps)], 2))
        return F.linear(x, self.weight.flatten(1), self.bias)
