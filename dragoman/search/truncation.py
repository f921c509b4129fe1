"""Scores of the next symbol, changed before one is drawn. Pure functions of the scores."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

_NEVER = float("-inf")


def with_temperature(logits: Float[Tensor, "R V"], temperature: float) -> Float[Tensor, "R V"]:
    """logits / T: below 1 the probable becomes more so, above 1 less; T must be positive."""
    return logits / temperature


def keep_top_k(logits: Float[Tensor, "R V"], k: int) -> Float[Tensor, "R V"]:
    """Only the k most probable symbols of each row (Fan et al. 2018, section 5.2), and those that tie with the last;
    0 keeps all."""
    if k == 0 or k >= logits.shape[1]:
        return logits
    lowest = logits.topk(k, dim=1).values[:, -1:]
    return logits.masked_fill(logits < lowest, _NEVER)


def keep_top_p(logits: Float[Tensor, "R V"], p: float) -> Float[Tensor, "R V"]:
    """Only the smallest set of most probable symbols that has at least probability p (Holtzman et al. 2020, eq. 3);
    the most probable one always stays."""
    if p >= 1:
        return logits
    ordered, places = torch.softmax(logits, 1).sort(dim=1, descending=True, stable=True)
    before = ordered.cumsum(1) - ordered
    dropped = torch.zeros_like(logits, dtype=torch.bool).scatter(1, places, before >= p)
    return logits.masked_fill(dropped, _NEVER)
