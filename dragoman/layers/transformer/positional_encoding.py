"""Positional encodings, which tell a Transformer the position of each token."""

from __future__ import annotations

import functools
import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.errors import InputError


class SinusoidalPositions(nn.Module):
    """PE(p, 2i) = sin(p / 10000^(2i/D)), PE(p, 2i+1) = cos(p / 10000^(2i/D)) (Vaswani et al. 2017, section 3.5).

    As in the code of the paper, and unlike its text, the sines fill the first half of the vector and the cosines the
    second; it makes no difference to the model, since the first weights absorb a permutation of the axes.

    >>> encodings = SinusoidalPositions(4)(torch.arange(3), torch.zeros(3, 4))
    >>> encodings.round(decimals=2)
    tensor([[ 0.0000,  0.0000,  1.0000,  1.0000],
            [ 0.8400,  0.0100,  0.5400,  1.0000],
            [ 0.9100,  0.0200, -0.4200,  1.0000]])

    Args:
        width: width D of an encoding.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, positions: Int[Tensor, " N"], like: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """The encodings of ``positions``, with the type and device of ``like``."""
        table = _table(self.width, 1 << int(positions.max()).bit_length())
        return table.to(like.device, like.dtype).index_select(0, positions)


@functools.lru_cache(maxsize=32)
def _table(width: int, longest: int) -> Float[Tensor, "L D"]:
    """The encodings of the first ``longest`` positions, computed once for all steps of a search."""
    half = (width + 1) // 2
    # Training may use a table that a search has made: an inference tensor could not take part in a gradient.
    with torch.inference_mode(False):
        rates = torch.exp(torch.arange(half) * (-2 * math.log(10_000) / width))
        angles = torch.arange(longest)[:, None] * rates
        return torch.cat([angles.sin(), angles.cos()], 1)[:, :width]


class LearnedPositions(nn.Module):
    """One learned vector per position.

    >>> LearnedPositions(4, longest=10)(torch.arange(3), torch.zeros(3, 4)).shape
    torch.Size([3, 4])

    Args:
        width: width D of an encoding.
        longest: number of positions that have a vector.
    """

    def __init__(self, width: int, longest: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(longest, width))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, positions: Int[Tensor, " N"], like: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """The vectors of ``positions``.

        Raises:
            InputError: if a position is beyond the last one that has a vector.
        """
        needed, known = int(positions.max()) + 1, self.weight.shape[0]
        if needed > known:
            raise InputError(
                f"a row has {needed:,} tokens, and this model's learned positions end at {known:,}",
                remedy='split the line, or train with a larger `max_positions` or `positions = "sinusoidal"`.',
            )
        return self.weight.index_select(0, positions)
