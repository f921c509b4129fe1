"""Sines and cosines of positions, at rates that fall from one pair of numbers to the next."""

from __future__ import annotations

import functools
import math

import torch
from jaxtyping import Float, Int
from torch import Tensor


def sinusoids(positions: Int[Tensor, " N"], width: int, like: Float[Tensor, "M D"]) -> Float[Tensor, "N W"]:
    """sin(p · r_i) in the first half of each row and cos(p · r_i) in the second, with the rates r_i = 10000^(−2i/W)
    (Vaswani et al. 2017, section 3.5).

    >>> sinusoids(torch.tensor([0, 1]), 2, torch.zeros(1, 5)).round(decimals=2)
    tensor([[0.0000, 1.0000],
            [0.8400, 0.5400]])

    Args:
        positions: the positions p.
        width: width W of a row.
        like: a tensor whose type and device the result has.
    """
    table = _table(width, 1 << int(positions.max()).bit_length())
    return table.to(like.device, like.dtype).index_select(0, positions)


@functools.lru_cache(maxsize=32)
def _table(width: int, longest: int) -> Float[Tensor, "L W"]:
    """The rows of the first ``longest`` positions, computed once for all steps of a search."""
    half = (width + 1) // 2
    # Training may use a table that a search has made: an inference tensor could not take part in a gradient.
    with torch.inference_mode(False):
        rates = torch.exp(torch.arange(half) * (-2 * math.log(10_000) / width))
        angles = torch.arange(longest)[:, None] * rates
        return torch.cat([angles.sin(), angles.cos()], 1)[:, :width]
