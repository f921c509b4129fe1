"""Normalisation of the queries or keys of an attention, head by head."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.native import layer_norm as native
from dragoman.native.training import available


def head_norm_equations(x: Float[Tensor, "*N D"], gain: Float[Tensor, " d"], epsilon: float) -> Float[Tensor, "*N D"]:
    """(x_h − mean) / √(variance + ε) ⊗ gain for the vector x_h of each head, which stand side by side (Dehghani et al.
    2023, "Scaling vision Transformers to 22 billion parameters", section 2, after Henry et al. 2020).

    >>> head_norm_equations(torch.tensor([[1.0, 3.0, -8.0, 8.0]]), torch.tensor([1.0, 2.0]), epsilon=0.0)
    tensor([[-1.,  2., -1.,  2.]])
    """
    heads = x.view(*x.shape[:-1], -1, len(gain))
    centred = heads - heads.mean(-1, keepdim=True)
    return (centred / (centred.square().mean(-1, keepdim=True) + epsilon).sqrt() * gain).flatten(-2)


class HeadNorm(nn.Module):
    """The vector of each head shifted and scaled to mean 0 and variance 1, then to a learned gain.

    The gain is shared by all heads. There is no bias: one of keys would change no attention weight.

    >>> HeadNorm(2)(torch.tensor([[1.0, 3.0, -8.0, 8.0]])).detach().round(decimals=2)
    tensor([[-1.,  1., -1.,  1.]])

    Args:
        width: width d of a head.
        epsilon: number added to the variance.
    """

    def __init__(self, width: int, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Float[Tensor, "*N D"]) -> Float[Tensor, "*N D"]:
        """The normalised vectors of all heads, by a fused kernel that equals :func:`head_norm_equations`."""
        heads = x.view(*x.shape[:-1], -1, len(self.gain))
        if torch.is_grad_enabled() and available(x, self.gain):
            none = torch.zeros_like(self.gain)
            return native.layer_norm(heads.contiguous(), self.gain, none, self.epsilon).flatten(-2)
        return F.layer_norm(heads, self.gain.shape, self.gain, None, self.epsilon).flatten(-2)
