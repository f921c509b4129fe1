"""The outputs of a model that predicts labels or numbers, for the examples of a split."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64, Int
from torch import Tensor

from dragoman.contracts import Source
from dragoman.contracts.expect import expect
from dragoman.data.bucketing import in_order
from dragoman.data.examples import Examples
from dragoman.model.build import Model
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.inputs import SourceBatch
from dragoman.predict.outputs import outputs_of, torch_outputs
from dragoman.tasks.in_turn import Part
from dragoman.tasks.task import MEASURED_TOGETHER


def example_outputs(model: Model, examples: Examples, part: Part | None = None) -> Float64[np.ndarray, n * K]:
    """The logits [n, K], or the standardised numbers [n], that a model computes for some examples, or for all."""
    return outputs_by(torch_outputs(expect(model, EncoderDecoder)), examples, part)


def outputs_by(
    said_of: Callable[[Source], Tensor], examples: Examples, part: Part | None = None
) -> Float64[np.ndarray, n * K]:
    """The same by any function from inputs to what a decoder says of them."""
    chosen = np.arange(len(examples)) if part is None else part
    lengths = examples.source_lengths[chosen], examples.target_lengths[chosen]
    batches = (
        SourceBatch(places, examples.batch(chosen[places]).source)
        for places in in_order(*lengths, tokens=MEASURED_TOGETHER)
    )
    return outputs_of(said_of, batches, len(chosen))


def label_losses(logits: Float64[np.ndarray, "n K"], true: Int[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """−log p of the true class of each row of logits, in nats."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_softmax: Float64[np.ndarray, "n K"] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_softmax[np.arange(len(true)), true]
