"""Vectors of symbols that are near each other where the symbols occur in like contexts."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

_OVERSAMPLED = 16
"""Directions that are looked for beyond those that are kept."""
_ITERATIONS = 2
"""Power iterations of the decomposition."""


def symbol_vectors(contexts: Float[Tensor, "V C"], width: int, seed: int) -> Float[Tensor, "V D"]:
    """The rows of U·√S of the truncated decomposition U·S·Vᵀ of a matrix of symbols and contexts, each of norm 1; rows
    of zeros for symbols without a context.

    Factors of such a matrix are embeddings (Levy & Goldberg 2014, "Neural Word Embedding as Implicit Matrix
    Factorization"; √S as in section 4.1 of that paper). The decomposition is the randomized one of Halko, Martinsson &
    Tropp 2011 (algorithm 4.4). Afterwards a random rotation gives all axes of the vectors the same share of the
    variance, as layers expect it of embeddings; angles stay as they are.

    >>> contexts = torch.tensor([[2.0, 2.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]]).to_sparse()
    >>> vectors = symbol_vectors(contexts, width=2, seed=1)
    >>> (vectors @ vectors.T).round(decimals=4).abs()
    tensor([[1., 1., 0., 0.],
            [1., 1., 0., 0.],
            [0., 0., 1., 0.],
            [0., 0., 0., 0.]])

    Args:
        contexts: how strongly each symbol is tied to each context, sparse.
        width: width D of the vectors; axes beyond the number of symbols or contexts hold zeros before the rotation.
        seed: seed of the random directions.
    """
    kept = min(width, *contexts.shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        directions = min(kept + _OVERSAMPLED, *contexts.shape)
        left, sizes, _ = torch.svd_lowrank(contexts, q=directions, niter=_ITERATIONS)
        rotation = torch.linalg.qr(torch.randn(width, width)).Q
    vectors = (left[:, :kept] * sizes[:kept].sqrt()) @ rotation[:kept]
    contexts = contexts.coalesce()
    known = torch.zeros(len(vectors)).index_add_(0, contexts.indices()[0], contexts.values()) > 0
    norms = vectors.norm(dim=1, keepdim=True).clamp_min(torch.finfo(torch.float32).tiny)
    return torch.where(known[:, None], vectors / norms, 0.0)
