"""A linear map with a bias, as Transformers use it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dragoman.native import linear as native
from dragoman.native.training import available


def linear(x: Float[Tensor, "*N D"], weight: Float[Tensor, "E D"], bias: Float[Tensor, " E"]) -> Float[Tensor, "*N E"]:
    """x Wᵀ + b; where gradients are needed, the gradient of the bias is summed by a native kernel.

    >>> import torch
    >>> linear(torch.ones(1, 2), torch.tensor([[1.0, 2.0]]), torch.tensor([0.5]))
    tensor([[3.5000]])
    """
    if torch.is_grad_enabled() and x.ndim == 2 and available(x, weight):
        return native.linear(x, weight, bias)
    return F.linear(x, weight, bias)
