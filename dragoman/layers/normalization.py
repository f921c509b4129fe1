"""Layer normalisation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.native import layer_norm as native
from dragoman.native.training import available


def layer_norm_equations(
    x: Float[Tensor, "*N D"], gain: Float[Tensor, " D"], bias: Float[Tensor, " D"], epsilon: float
) -> Float[Tensor, "*N D"]:
    """Layer normalisation (Ba, Kiros & Hinton 2016, eq. 3 and 4) over the last axis.

    >>> x = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    >>> layer_norm_equations(x, torch.ones(4), torch.zeros(4), epsilon=1e-5).round(decimals=2)
    tensor([[-1.3400, -0.4500,  0.4500,  1.3400]])
    """
    mean = x.mean(-1, keepdim=True)
    variance = (x - mean).square().mean(-1, keepdim=True)
    return (x - mean) / (variance + epsilon).sqrt() * gain + bias


class LayerNorm(nn.Module):
    """Each vector shifted and scaled to mean 0 and variance 1, then to a learned gain and bias.

    >>> LayerNorm(4)(torch.tensor([[1.0, 2.0, 3.0, 4.0]])).detach().round(decimals=2)
    tensor([[-1.3400, -0.4500,  0.4500,  1.3400]])

    Args:
        width: width D of a vector.
        epsilon: number added to the variance.
    """

    def __init__(self, width: int, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.epsilon = epsilon

    def forward(self, x: Float[Tensor, "*N D"]) -> Float[Tensor, "*N D"]:
        """The normalised vectors, by a fused kernel that equals :func:`layer_norm_equations`."""
        # Without a gradient, PyTorch's own kernel is as fast and costs less to call.
        if torch.is_grad_enabled() and available(x, self.gain):
            return native.layer_norm(x, self.gain, self.bias, self.epsilon)
        return F.layer_norm(x, self.gain.shape, self.gain, self.bias, self.epsilon)

    def beside(self, x: Float[Tensor, "*N D"]) -> tuple[Float[Tensor, "*N D"], Float[Tensor, "*N D"]]:
        """``x`` and ``self(x)``, for a residual connection: one kernel adds up the gradients of both."""
        if torch.is_grad_enabled() and available(x, self.gain):
            return native.layer_norm_beside(x, self.gain, self.bias, self.epsilon)
        return x, self(x)
