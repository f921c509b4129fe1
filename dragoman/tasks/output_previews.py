"""Previews of a trained model's output layer, by which the native engine can find likely symbols."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from dragoman.data.bucketing import in_order
from dragoman.data.examples import Examples
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.plan.learn_preview import learnt_preview
from dragoman.plan.output_preview import OutputPreview
from dragoman.plan.plan_of import plan_of

CANDIDATES = 64
"""Symbols that are scored exactly, at least: enough for beams up to 7."""
EXAMPLES, TOKENS = 2000, 4096
"""The most training examples whose hidden states are looked at, and target tokens that are computed together."""
_LEAST_SYMBOLS = 4000
_SEED = 1


def ranks_that_pay(symbols: int, width: int) -> list[int]:
    """How many numbers r stand for the d of a hidden state: a quarter and a half, in multiples of 16. None for small
    vocabularies, of which the candidates are no small part.

    >>> ranks_that_pay(10_000, 128), ranks_that_pay(2_000, 128)
    ([32, 64], [])
    """
    if symbols < _LEAST_SYMBOLS:
        return []
    return [rank for share in (4, 2) if 16 <= (rank := width // share // 16 * 16) < width]


def output_previews(model: EncoderDecoder, train: Examples) -> Iterator[OutputPreview]:
    """The previews that a model is tried with, the fastest first; none where none pays. They are learnt, when the first
    is asked for, from the hidden states of training examples that are drawn with a fixed seed.

    Args:
        model: encoder and decoder of text, on the processor.
        train: the training examples.
    """
    weight = plan_of(model).decoder.output.weight
    ranks = ranks_that_pay(*weight.shape)
    if not ranks or len(train) == 0:
        return
    chosen = np.arange(len(train))
    if len(train) > EXAMPLES:
        chosen = np.sort(np.random.default_rng(_SEED).choice(len(train), EXAMPLES, replace=False))
    training = model.training
    model.eval()
    with torch.inference_mode():
        batches = in_order(train.source_lengths[chosen], train.target_lengths[chosen], tokens=TOKENS)
        states = np.concatenate([model(train.batch(chosen[places])).float().numpy() for places in batches])
    model.train(training)
    for rank in ranks:
        yield learnt_preview(weight, states, rank=rank, candidates=CANDIDATES)
