"""A look at the validation set: how well the averaged weights predict it, and how well they translate it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from dragoman.data.bucketing import in_order
from dragoman.data.dataset import Examples
from dragoman.evaluation.bleu import bleu
from dragoman.evaluation.chrf import chrf
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.translator import Translator
from dragoman.training.observer import Sample

# Sentences translated at each validation; the loss is always measured on all.
_TRANSLATED = 1000


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a validation found; units as in :class:`dragoman.training.observer.ValidationRecord`."""

    loss: float
    perplexity: float | None
    scores: Mapping[str, float]
    sample: Sample


def perplexity_of(loss: float) -> float:
    """exp(loss), infinite where that overflows."""
    return math.exp(loss) if loss < 700 else math.inf


class Validator:
    """Measures a model on one split.

    Args:
        translator: of the model whose weights are the averaged ones; greedy search is used.
        examples: the split.
        tokens: target tokens in a batch.
        target_language: decides BLEU's tokenizer.
    """

    def __init__(self, translator: Translator, examples: Examples, *, tokens: int, target_language: str) -> None:
        self._translator = translator
        self._examples = examples
        self._batches = in_order(examples.source_lengths, examples.target_lengths, tokens=tokens)
        self._translated = np.arange(min(len(examples), _TRANSLATED))
        self._target_language = target_language

    def measure(self, turn: int) -> Measurement:
        """Loss, BLEU and chrF2++; ``turn`` chooses the sample sentence."""
        sources = self._examples.source_texts(self._translated)
        references = self._examples.target_texts(self._translated)
        outputs = self._translator.translate(sources, beam=1)
        chosen = turn % len(sources)
        loss = self.loss()
        return Measurement(
            loss=loss,
            perplexity=perplexity_of(loss),
            scores={
                "bleu": bleu(outputs, references, self._target_language),
                "chrf": chrf(outputs, references),
            },
            sample=Sample(sources[chosen], references[chosen], outputs[chosen]),
        )

    def loss(self) -> float:
        """Cross-entropy in nats per target token, without label smoothing or dropout."""
        model: EncoderDecoder = self._translator.model
        total, tokens = 0.0, 0
        with torch.inference_mode():
            for indices in self._batches:
                batch = self._examples.batch(indices).to(model.device)
                total += model.measured_loss(batch).cpu().double().sum().item()
                tokens += batch.target.units
        return total / tokens
