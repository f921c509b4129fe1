"""An encoder and a decoder, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import Batch, Carried, DecoderState, Memory, Packed, StepFunction, TextDecoder, TextEncoder
from dragoman.decoders.packed_transformer import PackedTransformer
from dragoman.model.loss import cross_entropy, token_cross_entropy


class EncoderDecoder(nn.Module):
    """An encoder turns an input into hidden states; a decoder turns hidden states into an output.

    Args:
        encoder: input to memory.
        decoder: memory to output.
        start: id of the symbol that stands before every output.
    """

    def __init__(self, encoder: TextEncoder, decoder: TextDecoder, start: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.start_symbol = start

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def forward(self, batch: Batch) -> Float[Tensor, "N D"]:
        """The decoder's hidden states from which each target token is predicted."""
        return self.states(batch.source, batch.target)

    def states(self, source: Packed, target: Packed) -> Float[Tensor, "N D"]:
        """What the output layer reads, for one pass over ``source`` and ``target``."""
        return self.decoder(target.shifted(self.start_symbol), self.encoder(source))

    def loss(self, batch: Batch, smoothing: float, carried: Carried = ()) -> tuple[Float[Tensor, ""], Carried]:
        """Cross-entropy in nats, label smoothing included, summed over the batch's target tokens. Sentences stand
        alone, so nothing is carried from one batch to the next."""
        output = self.decoder.output
        loss = cross_entropy(self(batch), output.weight, output.bias, batch.target.values, smoothing)
        return loss, carried

    def token_loss(self, batch: Batch) -> Float[Tensor, " N"]:
        """Cross-entropy of each target token in nats, without smoothing or gradient."""
        output = self.decoder.output
        with torch.no_grad():
            return token_cross_entropy(self(batch), output.weight, output.bias, batch.target.values)

    def encode(self, source: Packed) -> Memory:
        """The hidden states of ``source``."""
        return self.encoder(source)

    def start(self, memory: Memory) -> DecoderState:
        """The decoder's state before the first token: one hypothesis per row of ``memory``."""
        return self.decoder.start(memory)

    def step(self, tokens: Int[Tensor, " R"], state: Any) -> tuple[Float[Tensor, "R V"], Any]:
        """The unnormalised scores of each next token after ``tokens``, and the state after them."""
        return self.decoder.step(tokens.to(self.device), state)

    def for_search(self) -> tuple[Callable[[Memory], Any], StepFunction[Any]]:
        """:meth:`start` and :meth:`step`, or what computes the same faster with the weights of now."""
        if PackedTransformer.takes(self.decoder):
            packed = PackedTransformer(self.decoder)
            return packed.start, packed
        return self.start, self.step
