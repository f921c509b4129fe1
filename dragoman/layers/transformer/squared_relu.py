"""The square of a rectified linear unit."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dragoman.native import squared_relu as native
from dragoman.native.training import available


def squared_relu_equations(x: Float[Tensor, "*N"]) -> Float[Tensor, "*N"]:
    """max(x, 0)² (So et al. 2021, "Primer", section 4).

    >>> squared_relu_equations(torch.tensor([-2.0, 0.5, 3.0]))
    tensor([0.0000, 0.2500, 9.0000])
    """
    return F.relu(x).square()


def squared_relu(x: Float[Tensor, "*N"]) -> Float[Tensor, "*N"]:
    """The fast path of :func:`squared_relu_equations`: where gradients are needed, a native kernel goes over memory
    once forwards and once backwards.

    >>> squared_relu(torch.tensor([-2.0, 0.5, 3.0]))
    tensor([0.0000, 0.2500, 9.0000])
    """
    if torch.is_grad_enabled() and available(x):
        return native.squared_relu(x)
    return squared_relu_equations(x)
