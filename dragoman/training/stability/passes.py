"""The computations of a batch that the stability monitor observes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import AnyBatch, Packed
from dragoman.contracts.expect import expect
from dragoman.decoders.token_by_token import LanguageTokenByToken, TokenByToken
from dragoman.model.build import Model
from dragoman.model.taps import states_of


def send(model: Model, batch: AnyBatch) -> None:
    """Compute the outputs that the loss compares with the targets, so that every layer is used."""
    model.outputs(batch)  # type: ignore[arg-type]  # a model gets the batches that it takes


def last_token_loss(model: Model, batch: AnyBatch) -> Float[Tensor, ""]:
    """The cross-entropy of each row's last target token alone, summed over rows. If targets are not predicted token by
    token, it is the whole training loss."""
    if not isinstance(model.decoder, TokenByToken | LanguageTokenByToken):
        return model.loss(batch)[0]  # type: ignore[arg-type]  # a model gets the batches that it takes
    target, output = expect(batch.target, Packed), model.decoder.output
    last = target.layout.starts + target.layout.lengths - 1
    states = expect(states_of(model(batch)), Tensor)
    logits = F.linear(states.index_select(0, last), output.weight, output.bias)
    exact = logits.to(torch.promote_types(logits.dtype, torch.float32))
    return F.cross_entropy(exact, target.values.index_select(0, last), reduction="sum")
