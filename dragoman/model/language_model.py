"""A language model: a decoder without an encoder, which predicts each token of a text from those before it."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import Carried, DecoderState, LanguageDecoder, Packed, TextBatch


class LanguageModel(nn.Module):
    """The probability of a text by its tokens: P(w_1 … w_T) = Π_t P(w_t | w_1 … w_{t−1}).

    >>> from dragoman.contracts import TextSize
    >>> from dragoman.model.build import build
    >>> from dragoman.recipe import recipe_from
    >>> alone = {"encoder": {"kind": "none"}, "decoder": {"kind": "gru", "width": 16}}
    >>> model = build(recipe_from({"model": alone}).model, TextSize(100), TextSize(100), seed=1)
    >>> model.token_losses(model.batch_of(None, Packed.of([[5, 6, 3], [7, 3]]))).shape
    torch.Size([5])

    Args:
        decoder: the decoder, which predicts each token from those before it.
        start_symbol: id of the symbol that is read before the first token of a text.
        consistency: strength α of R-Drop (:mod:`~dragoman.layers.paired_cross_entropy`); 0 turns it off.
    """

    def __init__(self, decoder: LanguageDecoder, start_symbol: int, consistency: float = 0.0) -> None:
        super().__init__()
        self.decoder = decoder
        self.start_symbol = start_symbol
        self.consistency = consistency

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return next(self.parameters()).device

    def forward(self, batch: TextBatch, carried: Carried = ()) -> tuple[Float[Tensor, "N D"], Carried]:
        """The hidden states from which each token is predicted, and the state for a batch that follows."""
        return self.decoder(batch.inputs, carried if batch.follows else ())

    def outputs(self, batch: TextBatch) -> Float[Tensor, "N V"]:
        """The unnormalised scores of every symbol at the position of each token; every row begins anew."""
        return self.decoder.output(self(batch)[0])

    def batch_of(self, source: object, target: Packed) -> TextBatch:
        """A mini-batch of whole texts that do not come from a dataset; the source is ignored."""
        del source
        return TextBatch(target.shifted(self.start_symbol), target, False, torch.arange(target.layout.batch))

    def loss(self, batch: TextBatch, carried: Carried = ()) -> tuple[Float[Tensor, ""], Carried]:
        """What training minimises: the decoder's loss, summed over the batch's rows by their weights; and the state for
        a batch that follows.

        With R-Drop, each row goes through a model in training twice, both times from the same state; the state after
        the first pass is that for the next batch. One in evaluation drops nothing, and one pass is enough."""
        before = carried if batch.follows else ()
        if not (self.consistency and self.training):
            return self.decoder.loss(batch.inputs, batch.target, before, batch.weights)
        both, rows = batch.twice(), len(batch.examples)
        before = tuple(torch.cat([state, state]) for state in before)
        loss, after = self.decoder.paired_loss(both.inputs, both.target, before, both.weights, self.consistency)
        return loss, tuple(state[:rows] for state in after)

    def token_losses(self, batch: TextBatch) -> Float[Tensor, " N"]:
        """Unsmoothed loss per token, without weights or gradients; every row begins anew."""
        return self.decoder.token_losses(batch.inputs, batch.target)

    def start(self, rows: int) -> DecoderState:
        """The state of ``rows`` texts before their first token."""
        return self.decoder.start(rows)

    def step(self, tokens: Int[Tensor, " R"], state: Any) -> tuple[Float[Tensor, "R V"], DecoderState]:
        """The unnormalised scores of each next token after ``tokens``, and the state after them."""
        return self.decoder.step(tokens.to(self.device), state)
