"""Masks that say which keys a query may see. ``True`` means that it may."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def causal_mask(length: int, device: torch.device | str = "cpu") -> Bool[Tensor, "T T"]:
    """Position t sees positions up to and including t (Vaswani et al. 2017, section 3.2.3).

    >>> causal_mask(3).int()
    tensor([[1, 0, 0],
            [1, 1, 0],
            [1, 1, 1]], dtype=torch.int32)
    """
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()


def score_bias(mask: Bool[Tensor, "*M"], dtype: torch.dtype) -> Float[Tensor, "*M"]:
    """The mask as numbers to add to attention scores: 0 where a key is visible, −∞ where it is hidden.

    >>> score_bias(causal_mask(2), torch.float32)
    tensor([[0., -inf],
            [0., 0.]])
    """
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(~mask, float("-inf"))
