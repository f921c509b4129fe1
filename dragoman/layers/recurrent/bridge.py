"""The map from an encoder's final vector to a decoder's first state."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.layers.initialization import xavier_uniform
from dragoman.layers.recurrent.cell import CellState


class Bridge(nn.Module):
    """s_0 = tanh(W f + b) (Cho et al. 2014, appendix A.1.2; Bahdanau et al. 2015, appendix A.2.2).

    It computes every part of the state of every layer, so that any encoder fits any recurrent decoder.

    >>> states = Bridge(12, [[16, 16]] * 2)(torch.randn(3, 12))
    >>> [[tuple(part.shape) for part in layer] for layer in states]
    [[(3, 16), (3, 16)], [(3, 16), (3, 16)]]

    Args:
        inputs: width of the encoder's final vector f.
        widths: for each layer, the width of each part of its state.
    """

    def __init__(self, inputs: int, widths: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.widths = [list(layer) for layer in widths]
        self.linear = nn.Linear(inputs, sum(map(sum, self.widths)))
        xavier_uniform(self.linear.weight.data)
        nn.init.zeros_(self.linear.bias)

    def forward(self, final: Float[Tensor, "B F"]) -> list[CellState]:
        """The state of each layer before the first step, one row per row of ``final``."""
        widths = [width for layer in self.widths for width in layer]
        parts = iter(torch.split(torch.tanh(self.linear(final)), widths, 1))
        return [tuple(next(parts).contiguous() for _ in layer) for layer in self.widths]
