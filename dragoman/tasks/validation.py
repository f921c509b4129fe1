"""Measuring the validation set while a model trains, with the averaged weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from dragoman.tasks.losses import LossEstimate, SplitLosses


@dataclass(frozen=True, slots=True)
class Sample:
    """One validation example and what the model makes of it."""

    source: str
    reference: str
    output: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a validation found.

    Attributes:
        validation: loss of the validation set.
        training: loss of the training probe.
        perplexity: the exponential of the validation loss; None of numbers.
        scores: further measures, by their names in :data:`~dragoman.tasks.scores.SCORES`; of text they are those of
            greedy output.
        sample: one example to look at; None if none was asked for.
    """

    validation: LossEstimate
    training: LossEstimate
    perplexity: float | None
    scores: Mapping[str, float]
    sample: Sample | None


@runtime_checkable
class Validating(Protocol):
    """Measures a validation set."""

    def measure(self, turn: int) -> Measurement:
        """What the model does there; ``turn`` chooses the sample."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """What the outputs for a validation set are worth.

    Attributes:
        scores: by their names in :data:`~dragoman.tasks.scores.SCORES`.
        sample: one example to look at.
        validation: the loss, where it follows from the outputs; None if it has to be measured.
    """

    scores: Mapping[str, float]
    sample: Sample
    validation: LossEstimate | None = None


class Validator:
    """Measures a model on one split.

    Args:
        losses: of the split and of the training probe.
        score: the scores of the model of now; it is given the turn, which chooses the sample.
        has_perplexity: whether the loss is a cross-entropy.
    """

    def __init__(self, losses: SplitLosses, score: Callable[[int], Scored], *, has_perplexity: bool = True) -> None:
        self._losses = losses
        self._score = score
        self._has_perplexity = has_perplexity

    def measure(self, turn: int) -> Measurement:
        """Losses, scores and a sample; ``turn`` chooses the sample."""
        scored = self._score(turn)
        validation = scored.validation or self._losses.validation()
        return Measurement(
            validation=validation,
            training=self._losses.probe(),
            perplexity=perplexity_of(validation.value) if self._has_perplexity else None,
            scores=scored.scores,
            sample=scored.sample,
        )


def perplexity_of(loss: float) -> float:
    """exp(loss), infinite where that overflows."""
    return math.exp(loss) if loss < 700 else math.inf
