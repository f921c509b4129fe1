"""Which keys a query may see. ``True`` means it may."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def causal_mask(length: int, device: torch.device | str = "cpu") -> Bool[Tensor, "T T"]:
    """Position t sees positions up to and including t (Vaswani et al. 2017, section 3.2.3)."""
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()


def score_bias(mask: Bool[Tensor, "*M"], dtype: torch.dtype) -> Float[Tensor, "*M"]:
    """The mask as numbers to add to attention scores: 0 where visible, −∞ where hidden."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(~mask, float("-inf"))
