"""A look at the validation set: how well the averaged weights predict it, and how well they translate it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dragoman.data.examples import Examples
from dragoman.evaluation.bleu import bleu
from dragoman.evaluation.chrf import chrf
from dragoman.predict.translator import Translator
from dragoman.training.observer import Sample
from dragoman.training.split_loss import LossEstimate, SplitLosses

# Sentences translated at each validation; the loss is always measured on all.
_TRANSLATED = 1000


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a validation found; units as in :class:`dragoman.training.observer.ValidationRecord`.

    Attributes:
        validation: loss of the validation set.
        training: loss of the training probe.
        perplexity: of the validation set.
        scores: further measures.
        sample: one example to look at.
    """

    validation: LossEstimate
    training: LossEstimate
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
        losses: of the split and of the training probe.
        target_language: decides BLEU's tokenizer.
    """

    def __init__(
        self, translator: Translator, examples: Examples, losses: SplitLosses, *, target_language: str
    ) -> None:
        self._translator = translator
        self._examples = examples
        self._losses = losses
        self._translated = np.arange(min(len(examples), _TRANSLATED))
        self._target_language = target_language

    def measure(self, turn: int) -> Measurement:
        """Loss, BLEU and chrF2++; ``turn`` chooses the sample sentence."""
        sources = self._examples.source_texts(self._translated)
        references = self._examples.target_texts(self._translated)
        outputs = self._translator.translate(sources, beam=1)
        chosen = turn % len(sources)
        validation = self._losses.validation()
        return Measurement(
            validation=validation,
            training=self._losses.probe(),
            perplexity=perplexity_of(validation.value),
            scores={
                "bleu": bleu(outputs, references, self._target_language),
                "chrf": chrf(outputs, references),
            },
            sample=Sample(sources[chosen], references[chosen], outputs[chosen]),
        )
