"""Positional encodings, which tell a Transformer the position of each token."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.errors import InputError
from dragoman.layers.sinusoids import sinusoids


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
        return sinusoids(positions, self.width, like)


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


class NoPositions(nn.Module):
    """Adds nothing: attention itself knows where tokens stand.

    >>> NoPositions()(torch.arange(2), torch.ones(2, 3))
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """

    def forward(self, positions: Int[Tensor, " N"], like: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """Zeros."""
        return like.new_zeros(len(positions), like.shape[1])
