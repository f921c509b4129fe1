"""How a batch goes through any model of the grid, to be looked at."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import AnyBatch, Batch, Packed, TextBatch, TextDecoder
from dragoman.decoders.token_by_token import TokenByToken
from dragoman.model.build import Model
from dragoman.model.language_model import LanguageModel


def send(model: Model, batch: AnyBatch) -> None:
    """From the input to the scores of what could be said, so that every layer is used."""
    states = _target_states(model, batch)
    if states is None:
        assert isinstance(batch, Batch)
        assert not isinstance(model, LanguageModel)
        memory = model.encode(batch.source)
        if not isinstance(batch.target, Packed):
            model.decoder(memory)  # type: ignore[operator]  # of labels or of numbers
            return
        states = memory.states
    _output_layer(model)(states)


def last_token_loss(model: Model, batch: AnyBatch) -> Float[Tensor, ""]:
    """The cross-entropy of each row's last target token alone, summed over rows. Where targets are not predicted token
    by token, it is the whole training loss."""
    states = _target_states(model, batch)
    if states is None:
        return model.loss(batch)[0]  # type: ignore[arg-type]  # a model gets the batches that it takes
    target, output = batch.target, _output_layer(model)
    assert isinstance(target, Packed)
    last = target.layout.starts + target.layout.lengths - 1
    logits = F.linear(states.index_select(0, last), output.weight, output.bias)
    exact = logits.to(torch.promote_types(logits.dtype, torch.float32))
    return F.cross_entropy(exact, target.values.index_select(0, last), reduction="sum")


def _target_states(model: Model, batch: AnyBatch) -> Float[Tensor, "N D"] | None:
    """What the output layer reads to predict each target token; None if nothing is predicted token by token."""
    if isinstance(model, LanguageModel):
        assert isinstance(batch, TextBatch)
        return model.decoder(batch.inputs, ())[0]
    if not isinstance(model.decoder, TokenByToken):
        return None
    assert isinstance(batch, Batch)
    return model(batch)


def _output_layer(model: Model) -> nn.Linear:
    """Of a decoder of text."""
    return cast(TextDecoder, model.decoder).output
