"""An encoder and a decoder, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import (
    Batch,
    Carried,
    Decoder,
    DecoderState,
    Encoder,
    Memory,
    Packed,
    Source,
    StepFunction,
    Target,
    TextDecoder,
    WritingDecoder,
)
from dragoman.contracts.expect import expect
from dragoman.decoders.packed_transformer import PackedTransformer


class EncoderDecoder(nn.Module):
    """An encoder turns an input into hidden states; a decoder turns hidden states into an output.

    Whatever goes in and comes out, training needs :meth:`loss` alone. What a search needs is there if the decoder
    writes text.

    Args:
        encoder: input to memory.
        decoder: memory to output.
    """

    def __init__(self, encoder: Encoder, decoder: Decoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def forward(self, batch: Batch) -> Float[Tensor, "N D"]:
        """The hidden states from which a decoder of text predicts each target token."""
        return expect(self.decoder, TextDecoder).states(expect(batch.target, Packed), self.encoder(batch.source))

    def outputs(self, batch: Batch) -> Float[Tensor, "*outputs"]:
        """What the loss compares with the targets: unnormalised scores of symbols or classes, or numbers."""
        return self.decoder.outputs(batch.target, self.encoder(batch.source))

    def batch_of(self, source: Source, target: Target) -> Batch:
        """A mini-batch of inputs and outputs that are of no dataset."""
        return Batch(source, target, torch.arange(len(target.unit_counts)))

    def loss(self, batch: Batch, carried: Carried = ()) -> tuple[Float[Tensor, ""], Carried]:
        """What training minimises: the decoder's loss, summed over the batch's examples by their weights. Examples
        stand alone, so nothing is carried from one batch to the next."""
        return self.decoder.loss(batch.target, self.encoder(batch.source), batch.weights), carried

    def token_losses(self, batch: Batch) -> Float[Tensor, " M"]:
        """The loss of each target token, or of each example if the decoder has no loss by token; without smoothing,
        weights or gradient."""
        with torch.no_grad():
            return self.decoder.token_losses(batch.target, self.encoder(batch.source))

    def encode(self, source: Source) -> Memory:
        """The hidden states of ``source``."""
        return self.encoder(source)

    def start(self, memory: Memory) -> DecoderState:
        """The decoder's state before the first token: one hypothesis per row of ``memory``."""
        return cast(WritingDecoder, self.decoder).start(memory)

    def step(self, tokens: Int[Tensor, " R"], state: Any) -> tuple[Float[Tensor, "R V"], DecoderState]:
        """The unnormalised scores of each next token after ``tokens``, and the state after them."""
        return cast(WritingDecoder, self.decoder).step(tokens.to(self.device), state)

    def for_search(self) -> tuple[Callable[[Memory], DecoderState], StepFunction[Any]]:
        """:meth:`start` and :meth:`step`, or what computes the same faster with the weights of now."""
        if PackedTransformer.takes(self.decoder):
            packed = PackedTransformer(self.decoder)
            return packed.start, packed
        return self.start, self.step
