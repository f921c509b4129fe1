"""How much more often than by chance a symbol occurs in a context."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def positive_mutual_information(counts: Float[Tensor, "V C"], smoothing: float = 1.0) -> Float[Tensor, "V C"]:
    """max(0, log P(v, c) / (P(v) P(c))) for each symbol v and context c, as a sparse matrix like ``counts``.

    P(c) is proportional to the context's count to the power ``smoothing``; below 1 it makes contexts that are rare
    weigh less (Levy, Goldberg & Dagan 2015, "Improving Distributional Similarity with Lessons Learned from Word
    Embeddings", section 3.2, where the power is 0.75).

    >>> counts = torch.tensor([[4.0, 0.0], [1.0, 3.0]]).to_sparse()
    >>> positive_mutual_information(counts).to_dense()  # log(8 · 4 / (4 · 5)) in the first place
    tensor([[0.4700, 0.0000],
            [0.0000, 0.6931]])

    Args:
        counts: how often each symbol occurs in each context, sparse.
        smoothing: power of the contexts' counts.
    """
    counts = counts.coalesce()
    symbols, contexts = counts.indices()
    values = counts.values().double()
    of_symbol = torch.zeros(counts.shape[0], dtype=torch.float64).index_add_(0, symbols, values)
    of_context = torch.zeros(counts.shape[1], dtype=torch.float64).index_add_(0, contexts, values).pow_(smoothing)
    chance = (of_symbol / of_symbol.sum())[symbols] * (of_context / of_context.sum())[contexts]
    found = (values / values.sum() / chance).log_().clamp_min_(0).float()
    return torch.sparse_coo_tensor(counts.indices(), found, counts.shape, is_coalesced=True, check_invariants=False)
