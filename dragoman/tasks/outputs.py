"""The outputs of a model that predicts labels or numbers, for the examples of a split."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from dragoman.contracts.expect import expect
from dragoman.data.bucketing import in_order
from dragoman.data.examples import Examples
from dragoman.model.build import Model
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.outputs import outputs_of
from dragoman.tasks.in_turn import Part
from dragoman.tasks.task import MEASURED_TOGETHER


def example_outputs(model: Model, examples: Examples, part: Part | None = None) -> Float64[np.ndarray, n * K]:
    """The logits [n, K], or the standardised numbers [n], that a model computes for some examples, or for all."""
    chosen = np.arange(len(examples)) if part is None else part
    lengths = examples.source_lengths[chosen], examples.target_lengths[chosen]
    batches = (
        (places, examples.batch(chosen[places]).source) for places in in_order(*lengths, tokens=MEASURED_TOGETHER)
    )
    return outputs_of(expect(model, EncoderDecoder), batches, len(chosen))
