"""Fully connected hidden layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.layers.dropout import Dropout
from dragoman.layers.initialization import xavier_uniform


def hidden_layers_equations(
    x: Float[Tensor, " n"],
    weights: Sequence[Float[Tensor, "_ _"]],
    biases: Sequence[Float[Tensor, " _"]],
    activation: Callable[[Tensor], Tensor],
) -> Float[Tensor, " D"]:
    """The last h of h_0 = x, h_l = f(W_l h_{l−1} + b_l) (Rumelhart, Hinton & Williams 1986, eq. 1 and 2).

    >>> hidden_layers_equations(torch.ones(2), [torch.eye(2)], [torch.tensor([1.0, -3.0])], torch.relu)
    tensor([2., 0.])
    """
    h = x
    for weight, bias in zip(weights, biases, strict=True):
        h = activation(weight @ h + bias)
    return h


class HiddenLayers(nn.Module):
    """The fast path of :func:`hidden_layers_equations`, for a batch of examples, with dropout after every layer.

    >>> HiddenLayers(6, [16, 8], torch.relu, dropout=0.0)(torch.randn(3, 6)).shape
    torch.Size([3, 8])

    Args:
        inputs: number n of features of an example.
        widths: width of each hidden layer, from the input on; without any, the features are passed on unchanged.
        activation: activation function f.
        dropout: dropout rate on the result of each layer.

    Attributes:
        width: width D of the result.
    """

    def __init__(
        self, inputs: int, widths: Sequence[int], activation: Callable[[Tensor], Tensor], dropout: float
    ) -> None:
        super().__init__()
        sizes = [inputs, *widths]
        self.weights = nn.ParameterList(torch.empty(outer, inner) for inner, outer in pairwise(sizes))
        self.biases = nn.ParameterList(torch.zeros(outer) for outer in widths)
        self.activation = activation
        self.dropout = Dropout(dropout)
        self.width = sizes[-1]
        for weight in self.weights:
            xavier_uniform(weight.data)

    def forward(self, x: Float[Tensor, "B n"]) -> Float[Tensor, "B D"]:
        """The last layer's result for every example, in the precision of the weights."""
        for weight, bias in zip(self.weights, self.biases, strict=True):
            x = self.dropout(self.activation(F.linear(x.to(weight.dtype), weight, bias)))
        return x
