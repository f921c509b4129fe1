"""Initialisation of weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def xavier_uniform(weight: Tensor, *, fan_out: int | None = None) -> None:
    """Fill a matrix from U(−a, a), a = √(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16), in place.

    >>> weight = torch.empty(2, 4)
    >>> xavier_uniform(weight)
    >>> bool(weight.abs().max() <= 1.0)  # √(6 / (4 + 2))
    True

    Args:
        weight: a matrix with axes (fan_out, fan_in).
        fan_out: number of outputs of one projection, where one matrix holds several; all rows by default.
    """
    rows, fan_in = weight.shape
    bound = (6 / (fan_in + (fan_out or rows))) ** 0.5
    nn.init.uniform_(weight, -bound, bound)


def embedding_normal(weight: Tensor) -> None:
    """Fill an embedding (V, D) from N(0, 1/D), in place, so that rows multiplied by √D have unit variance.

    >>> embedding = torch.empty(1000, 16)
    >>> _ = torch.manual_seed(1)
    >>> embedding_normal(embedding)
    >>> round(float(embedding.std()), 2)
    0.25
    """
    nn.init.normal_(weight, std=weight.shape[1] ** -0.5)


def orthogonal_blocks(weight: Tensor) -> None:
    """Fill each square block of a recurrent matrix (gates · D, D) with a random orthogonal matrix, in place.

    An orthogonal matrix keeps the norm of a vector, so that neither states nor gradients vanish or explode at the start
    (Saxe et al. 2014).

    >>> weight = torch.empty(8, 4)  # two gates
    >>> orthogonal_blocks(weight)
    >>> torch.allclose(weight[:4] @ weight[:4].T, torch.eye(4), atol=1e-5)
    True
    """
    for block in torch.split(weight, weight.shape[1]):
        nn.init.orthogonal_(block)
