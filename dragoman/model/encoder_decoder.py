"""A model of an encoder and a decoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import (
    AttendingDecoder,
    Batch,
    Carried,
    Decoder,
    DecoderState,
    Encoder,
    GuidedAlignment,
    Memory,
    Packed,
    PairedDecoder,
    Source,
    StepFunction,
    Target,
    TextDecoder,
    WritingDecoder,
)
from dragoman.contracts.expect import expect
from dragoman.decoders.guided_alignment import guided_loss
from dragoman.decoders.packed_transformer import PackedTransformer


class EncoderDecoder(nn.Module):
    """An encoder turns an input into hidden states; a decoder turns hidden states into an output.

    Whatever the input and the output are, training needs :meth:`loss` alone. The methods for a search work if the
    decoder writes text.

    >>> from dragoman.contracts import TextSize
    >>> from dragoman.model.build import build
    >>> from dragoman.recipe import recipe_from
    >>> stack = {"layers": 1, "width": 8, "feed_forward": 16, "heads": 2}
    >>> recipe = recipe_from({"model": {"encoder": stack, "decoder": stack}}).model
    >>> model = build(recipe, TextSize(100), TextSize(100), seed=1)
    >>> batch = model.batch_of(Packed.of([[5, 6, 3], [7, 3]]), Packed.of([[8, 3], [9, 10, 3]]))
    >>> model.outputs(batch).shape, model.token_losses(batch).shape
    (torch.Size([5, 100]), torch.Size([5]))

    Args:
        encoder: the encoder, from an input to a memory.
        decoder: the decoder, from a memory to an output.
        guide: the attention that is guided in training by the links of its batches; None for no such loss.
        consistency: strength α of R-Drop (:mod:`~dragoman.layers.paired_cross_entropy`); 0 turns it off.
    """

    def __init__(
        self, encoder: Encoder, decoder: Decoder, guide: GuidedAlignment | None = None, consistency: float = 0.0
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.guide = guide
        self.consistency = consistency

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return next(self.parameters()).device

    def forward(self, batch: Batch) -> Float[Tensor, "N D"]:
        """The hidden states from which a decoder of text predicts each target token."""
        return expect(self.decoder, TextDecoder).states(expect(batch.target, Packed), self.encoder(batch.source))

    def outputs(self, batch: Batch) -> Float[Tensor, "*outputs"]:
        """The outputs that the loss compares with the targets: unnormalised scores of symbols or classes, or
        numbers."""
        return self.decoder.outputs(batch.target, self.encoder(batch.source))

    def batch_of(self, source: Source, target: Target) -> Batch:
        """A mini-batch of inputs and targets that do not come from a dataset."""
        return Batch(source, target, torch.arange(len(target.unit_counts)))

    def loss(self, batch: Batch, carried: Carried = ()) -> tuple[Float[Tensor, ""], Carried]:
        """What training minimises: the decoder's loss, summed over the batch's examples by their weights; and an empty
        state, since examples are independent and nothing is carried over to the next batch.

        Where an attention is guided and the batch has links, the loss of alignment is added
        (:func:`~dragoman.decoders.guided_alignment.guided_loss`). With R-Drop, each example goes through a model in
        training twice. One in evaluation drops nothing, so that both passes would be the same, and one is enough."""
        consistency = self.consistency if self.consistency and self.training else None
        if consistency is not None:
            batch = batch.twice()
        memory = self.encoder(batch.source)
        if self.guide is not None and batch.links is not None:
            decoder = expect(self.decoder, AttendingDecoder)
            target = expect(batch.target, Packed)
            return guided_loss(decoder, target, memory, batch.links, self.guide, batch.weights, consistency), carried
        if consistency is None:
            return self.decoder.loss(batch.target, memory, batch.weights), carried
        paired = expect(self.decoder, PairedDecoder)
        return paired.paired_loss(batch.target, memory, batch.weights, consistency), carried

    def token_losses(self, batch: Batch) -> Float[Tensor, " M"]:
        """Unsmoothed loss per target token (per example if the decoder has no token losses), without weights or
        gradients."""
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
        """:meth:`start` and :meth:`step`, or faster functions that compute the same with the present weights."""
        if PackedTransformer.takes(self.decoder):
            packed = PackedTransformer(self.decoder)
            return packed.start, packed
        return self.start, self.step
