"""Position-wise feed-forward network."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.layers.dropout import Dropout
from dragoman.layers.initialization import xavier_uniform
from dragoman.layers.linear import linear


class FeedForward(nn.Module):
    """FFN(x) = f(x W_1 + b_1) W_2 + b_2 (Vaswani et al. 2017, eq. 2, where f is ReLU).

    >>> x = torch.randn(2, 5, 8)
    >>> FeedForward(8, 32, torch.relu, dropout=0.0)(x.flatten(0, 1)).view(2, 5, 8).shape
    torch.Size([2, 5, 8])

    Args:
        width: width D of inputs and outputs.
        inner: width of the hidden layer.
        activation: activation function f.
        dropout: dropout rate on the result of f.
    """

    def __init__(self, width: int, inner: int, activation: Callable[[Tensor], Tensor], dropout: float) -> None:
        super().__init__()
        self.weight_1 = nn.Parameter(torch.empty(inner, width))
        self.bias_1 = nn.Parameter(torch.zeros(inner))
        self.weight_2 = nn.Parameter(torch.empty(width, inner))
        self.bias_2 = nn.Parameter(torch.zeros(width))
        self.activation = activation
        self.dropout = Dropout(dropout)
        xavier_uniform(self.weight_1.data)
        xavier_uniform(self.weight_2.data)

    def forward(self, x: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """The results of the network, which is the same at every position."""
        hidden = self.activation(linear(x, self.weight_1, self.bias_1))
        return linear(self.dropout(hidden), self.weight_2, self.bias_2)
