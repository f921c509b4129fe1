"""Changes of the scores of the next symbol before one is drawn: temperature, top-k and top-p."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

_NEVER = float("-inf")


def with_temperature(logits: Float[Tensor, "R V"], temperature: float) -> Float[Tensor, "R V"]:
    """logits / T: below 1, probable symbols become more probable, above 1 less; T must be positive.

    >>> with_temperature(torch.tensor([[2.0, 0.0]]), 0.5)
    tensor([[4., 0.]])
    """
    return logits / temperature


def keep_top_k(logits: Float[Tensor, "R V"], k: int) -> Float[Tensor, "R V"]:
    """Scores of only the k most probable symbols of each row (Fan et al. 2018, section 5.2), and of symbols as probable
    as the last of these; the others become −∞. 0 keeps all.

    >>> keep_top_k(torch.tensor([[2.0, 0.0, 1.0]]), 2)
    tensor([[2., -inf, 1.]])
    """
    if k == 0 or k >= logits.shape[1]:
        return logits
    lowest = logits.topk(k, dim=1).values[:, -1:]
    return logits.masked_fill(logits < lowest, _NEVER)


def keep_top_p(logits: Float[Tensor, "R V"], p: float) -> Float[Tensor, "R V"]:
    """Scores of only the smallest set of most probable symbols whose probabilities sum to at least p (Holtzman et al.
    2020, eq. 3); the others become −∞. The most probable symbol always stays.

    >>> keep_top_p(torch.tensor([[0.5, 0.3, 0.2]]).log(), 0.7).exp()
    tensor([[0.5000, 0.3000, 0.0000]])
    """
    if p >= 1:
        return logits
    ordered, places = torch.softmax(logits, 1).sort(dim=1, descending=True, stable=True)
    before = ordered.cumsum(1) - ordered
    dropped = torch.zeros_like(logits, dtype=torch.bool).scatter(1, places, before >= p)
    return logits.masked_fill(dropped, _NEVER)
