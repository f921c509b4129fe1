"""The gradient of an output layer, computed chunk by chunk, so that the logits of a batch are never held as a whole."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


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
