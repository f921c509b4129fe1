"""What decoders of text have in common that predict each token from those before it."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Memory, Packed
from dragoman.layers.cross_entropy import cross_entropy, token_cross_entropy
from dragoman.text.vocabulary import START


class TokenByToken(nn.Module):
    """−log P(y | x) = −Σ_t log P(y_t | y_1 … y_{t−1}, x), by an output layer on the decoder's hidden states.

    Attributes:
        output: hidden state to vocabulary.
    """

    output: nn.Linear

    def loss(self, target: Packed, memory: Memory, smoothing: float) -> Float[Tensor, ""]:
        """Cross-entropy in nats, label smoothing included, summed over the target tokens."""
        states = self(target.shifted(START), memory)
        return cross_entropy(states, self.output.weight, self.output.bias, target.values, smoothing)

    def measured_loss(self, target: Packed, memory: Memory) -> Float[Tensor, " N"]:
        """Cross-entropy of each target token in nats, without smoothing or gradient."""
        with torch.no_grad():
            states = self(target.shifted(START), memory)
            return token_cross_entropy(states, self.output.weight, self.output.bias, target.values)
