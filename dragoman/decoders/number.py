"""A decoder that predicts a number."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Memory, Numbers
from dragoman.layers.initialization import xavier_uniform


class NumberDecoder(nn.Module):
    """Linear regression on the encoder's final vector: ŷ = w · f + b.

    >>> from dragoman.contracts import Layout
    >>> from dragoman.layers.regression_loss import squared_loss
    >>> final = torch.randn(3, 8)
    >>> decoder, memory = NumberDecoder(8, squared_loss), Memory(final, Layout.of([1] * 3), final)
    >>> decoder(memory).shape, decoder.token_losses(Numbers(torch.zeros(3)), memory).shape
    (torch.Size([3]), torch.Size([3]))

    Args:
        width: width of the final vector f.
        loss: function from predictions and targets to losses, as in :mod:`dragoman.layers.regression_loss`.
    """

    def __init__(self, width: int, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, width))
        self.bias = nn.Parameter(torch.zeros(1))
        self.example_loss = loss
        xavier_uniform(self.weight.data)

    def forward(self, memory: Memory) -> Float[Tensor, " B"]:
        """The predictions, standardised as the targets are, in float32 or float64."""
        predictions = F.linear(memory.final.to(self.weight.dtype), self.weight, self.bias)[:, 0]
        return predictions.to(torch.promote_types(predictions.dtype, torch.float32))

    def outputs(self, target: object, memory: Memory) -> Float[Tensor, " B"]:
        """The predictions, whatever the target."""
        del target
        return self(memory)

    def loss(self, target: Numbers, memory: Memory, weights: Float[Tensor, " B"] | None = None) -> Float[Tensor, ""]:
        """Σ_b w_b · the loss of example b."""
        each = self._each(target, memory)
        return each.sum() if weights is None else each @ weights.to(each.dtype)

    def token_losses(self, target: Numbers, memory: Memory) -> Float[Tensor, " B"]:
        """The loss of each example, without a gradient."""
        with torch.no_grad():
            return self._each(target, memory)

    def _each(self, target: Numbers, memory: Memory) -> Float[Tensor, " B"]:
        predictions = self(memory)
        return self.example_loss(predictions, target.values.to(predictions.dtype))
