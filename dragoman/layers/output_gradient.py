"""The loss of an output layer and its gradient, computed chunk by chunk, so that the logits of a batch are never held
as a whole."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.native.gradient_context import GradientContext

ROWS_AT_ONCE = 1024
"""The number of rows whose logits are held at one time: few enough for a small buffer, many enough for a fast product.
It is even."""

ToGradient = Callable[[Float[Tensor, "n V"], slice], Float[Tensor, ""]]
"""A function that is given the logits of some rows and which rows these are, leaves the gradient of each row's loss in
their place, taken as if its weight were 1, and returns the sum of the rows' losses, each times its weight."""


class OutputGradient:
    """The gradients of h, W and b, where the gradient of the logits h Wᵀ + b is known for some rows at a time.

    Args:
        states: hidden states h of all rows.
        weight: weights W of the output layer.
        bias: biases b of the output layer, or None.
        weights: factor of each row's loss; None for 1 each. It multiplies h and its gradient, which costs less than
            multiplying the far wider gradient of the logits.
    """

    def __init__(
        self,
        states: Float[Tensor, "N D"],
        weight: Float[Tensor, "V D"],
        bias: Float[Tensor, " V"] | None,
        weights: Float[Tensor, " N"] | None,
    ) -> None:
        self._states = states
        self._weight = weight
        self._weights = None if weights is None else weights.to(states.dtype)
        self.of_states = torch.empty_like(states)
        self.of_weight = torch.zeros_like(weight)
        self.of_bias = None if bias is None else torch.zeros_like(bias)

    def add(self, rows: slice, of_logits: Float[Tensor, "n V"]) -> None:
        """Add what follows from the gradient of the logits of ``rows``, taken as if their weights were 1."""
        states, of_states = self._states[rows], self.of_states[rows]
        torch.mm(of_logits, self._weight, out=of_states)
        if self._weights is None:
            self.of_weight.addmm_(of_logits.t(), states)
            if self.of_bias is not None:
                self.of_bias += of_logits.sum(0)
            return
        weights = self._weights[rows]
        of_states.mul_(weights[:, None])
        self.of_weight.addmm_(of_logits.t(), states * weights[:, None])
        if self.of_bias is not None:
            self.of_bias.addmv_(of_logits.t(), weights)


class _LossByChunks(torch.autograd.Function):
    """The summed loss of logits h Wᵀ + b, where the gradient of the logits is found together with the loss.

    The forward pass computes the gradients of states, weight and bias at once, chunk by chunk, and the backward pass
    only scales them.
    """

    @staticmethod
    def forward(
        ctx: GradientContext,
        states: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        weights: Tensor | None,
        to_gradient: ToGradient,
    ) -> Tensor:
        exact = torch.promote_types(states.dtype, torch.float32)
        total = torch.zeros((), dtype=exact, device=states.device)
        gradient = OutputGradient(states, weight, bias, weights)
        buffer = states.new_empty((min(ROWS_AT_ONCE, len(states)), weight.shape[0]))
        for begin in range(0, len(states), ROWS_AT_ONCE):
            rows = slice(begin, min(begin + ROWS_AT_ONCE, len(states)))
            logits = buffer[: rows.stop - begin]
            torch.mm(states[rows], weight.t(), out=logits)
            if bias is not None:
                logits += bias
            total += to_gradient(logits, rows)
            gradient.add(rows, logits)
        ctx.save_for_backward(gradient.of_states, gradient.of_weight, gradient.of_bias)
        return total

    @staticmethod
    def backward(ctx: GradientContext, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        gradients = [None if g is None else g.mul_(upstream[0]) for g in ctx.saved_tensors]
        return (*gradients, None, None)


def loss_by_chunks(
    states: Float[Tensor, "N D"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"] | None,
    weights: Float[Tensor, " N"] | None,
    to_gradient: ToGradient,
) -> Float[Tensor, ""]:
    """The summed loss of logits h Wᵀ + b. It can be differentiated once with respect to states, weight and bias.

    Args:
        states: hidden states h.
        weight: weights W of the output layer.
        bias: biases b of the output layer, or None.
        weights: factor of each row's loss; None for 1 each.
        to_gradient: the loss of some rows and its gradient. It is called with up to :data:`ROWS_AT_ONCE` rows, in
            their order, all but the last time with as many.
    """
    return _LossByChunks.apply(states, weight, bias, weights, to_gradient)  # type: ignore[no-untyped-call]
