"""How weights begin."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def xavier_uniform(weight: Tensor, *, fan_out: int | None = None) -> None:
    """Fill a matrix from U(−a, a), a = √(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16), in place.

    Args:
        weight: a matrix with axes (fan_out, fan_in).
        fan_out: outputs that belong together, where several projections lie fused in one matrix; all rows by default.
    """
    rows, fan_in = weight.shape
    bound = (6 / (fan_in + (fan_out or rows))) ** 0.5
    nn.init.uniform_(weight, -bound, bound)


def embedding_normal(weight: Tensor) -> None:
    """Fill an embedding (V, D) from N(0, 1/D), in place, so that rows multiplied by √D have unit variance."""
    nn.init.normal_(weight, std=weight.shape[1] ** -0.5)


def orthogonal_blocks(weight: Tensor) -> None:
    """Fill each square block of a recurrent matrix (gates · D, D) with a random orthogonal matrix, in place.

    It keeps the norm of what passes through it, so that neither states nor gradients vanish or explode at the start
    (Saxe et al. 2014).
    """
    for block in torch.split(weight, weight.shape[1]):
        nn.init.orthogonal_(block)
