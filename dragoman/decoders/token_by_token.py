"""The loss of decoders that predict each token of a text from the tokens before it."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Carried, Memory, Packed
from dragoman.layers.output_layer import OutputLayer


class TokenByToken(nn.Module):
    """−log P(y | x) = −Σ_t log P(y_t | y_1 … y_{t−1}, x), by an output layer on the decoder's hidden states.

    Attributes:
        output: output layer over the vocabulary, with the label smoothing of the loss.

    Args:
        start_symbol: id of the symbol that is read before the first token of a text.
    """

    output: OutputLayer

    def __init__(self, start_symbol: int) -> None:
        super().__init__()
        self.start_symbol = start_symbol

    def states(self, target: Packed, memory: Memory) -> Float[Tensor, "N D"]:
        """The hidden states from which each token of ``target`` is predicted."""
        return self(target.shifted(self.start_symbol), memory)

    def outputs(self, target: Packed, memory: Memory) -> Float[Tensor, "N V"]:
        """The unnormalised scores of every symbol in the place of each token of ``target``."""
        return self.output(self.states(target, memory))

    def loss(self, target: Packed, memory: Memory, weights: Float[Tensor, " B"] | None = None) -> Float[Tensor, ""]:
        """Cross-entropy in nats, with smoothing, summed over the target tokens, each multiplied by the weight of its
        example."""
        return self.loss_of(self.states(target, memory), target, weights)

    def loss_of(
        self, states: Float[Tensor, "N D"], target: Packed, weights: Float[Tensor, " B"] | None
    ) -> Float[Tensor, ""]:
        """The loss of :meth:`loss` from the hidden states of :meth:`states`."""
        return self.output.loss(states, target.values, _by_token(target, weights))

    def paired_loss(
        self, target: Packed, memory: Memory, weights: Float[Tensor, " B"] | None, consistency: float
    ) -> Float[Tensor, ""]:
        """The loss of R-Drop; see :class:`~dragoman.contracts.encoder_decoder.PairedDecoder`."""
        return self.paired_loss_of(self.states(target, memory), target, weights, consistency)

    def paired_loss_of(
        self, states: Float[Tensor, "N D"], target: Packed, weights: Float[Tensor, " B"] | None, consistency: float
    ) -> Float[Tensor, ""]:
        """The loss of :meth:`paired_loss` from the hidden states of :meth:`states`."""
        return _paired_loss(self.output, states, target, weights, consistency)

    def token_losses(self, target: Packed, memory: Memory) -> Float[Tensor, " N"]:
        """Cross-entropy of each target token in nats, without smoothing or gradient."""
        with torch.no_grad():
            return self.output.token_losses(self.states(target, memory), target.values)


class LanguageTokenByToken(nn.Module):
    """−log P(y) = −Σ_t log P(y_t | y_1 … y_{t−1}), by an output layer on the hidden states of a language model.

    Attributes:
        output: output layer over the vocabulary, with the label smoothing of the loss.
    """

    output: OutputLayer

    def loss(
        self, inputs: Packed, target: Packed, carried: Carried, weights: Float[Tensor, " B"] | None = None
    ) -> tuple[Float[Tensor, ""], Carried]:
        """Cross-entropy in nats, with smoothing, summed over tokens, each multiplied by the weight of its row; and the
        state that a batch that follows starts from."""
        states, after = self(inputs, carried)
        return self.output.loss(states, target.values, _by_token(target, weights)), after

    def paired_loss(
        self, inputs: Packed, target: Packed, carried: Carried, weights: Float[Tensor, " B"] | None, consistency: float
    ) -> tuple[Float[Tensor, ""], Carried]:
        """The loss of R-Drop; see :class:`~dragoman.contracts.encoder_decoder.LanguageDecoder`."""
        states, after = self(inputs, carried)
        return _paired_loss(self.output, states, target, weights, consistency), after

    def token_losses(self, inputs: Packed, target: Packed) -> Float[Tensor, " N"]:
        """Cross-entropy of each token in nats, without smoothing or gradient; every row begins anew."""
        with torch.no_grad():
            states, _ = self(inputs, ())
            return self.output.token_losses(states, target.values)


def _by_token(target: Packed, weights: Float[Tensor, " B"] | None) -> Float[Tensor, " N"] | None:
    return None if weights is None else weights.index_select(0, target.layout.rows)


def _paired_loss(
    output: OutputLayer,
    states: Float[Tensor, "N D"],
    target: Packed,
    weights: Float[Tensor, " B"] | None,
    consistency: float,
) -> Float[Tensor, ""]:
    """The loss of an output layer where the second half of the rows is the first once more."""
    pairs, by_token = target.layout.tokens // 2, _by_token(target, weights)
    halved = None if by_token is None else by_token[:pairs]
    return output.paired_loss(states, target.values[:pairs], consistency, halved)
