"""Measuring a model on the validation set during training, with the averaged weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from dragoman.tasks.losses import LossEstimate, SplitLosses


@dataclass(frozen=True, slots=True)
class Sample:
    """A validation example with the model's output."""

    source: str
    reference: str
    output: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """The results of a validation.

    Attributes:
        validation: loss on the validation set.
        training: loss on the training probe.
        perplexity: exponential of the validation loss; None for numbers.
        scores: further measures, by their names in :data:`~dragoman.tasks.scores.SCORES`; for text they are those of
            greedy search.
        sample: an example with the model's output; None if none was asked for.
    """

    validation: LossEstimate
    training: LossEstimate
    perplexity: float | None
    scores: Mapping[str, float]
    sample: Sample | None


@runtime_checkable
class Validating(Protocol):
    """Measures a model on a validation set."""

    def measure(self, turn: int) -> Measurement:
        """Measure the model; ``turn`` selects the sample."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of the outputs for a validation set.

    Attributes:
        scores: measures by their names in :data:`~dragoman.tasks.scores.SCORES`.
        sample: an example with the model's output.
        validation: the loss, where it follows from the outputs; None if it has to be measured.
    """

    scores: Mapping[str, float]
    sample: Sample
    validation: LossEstimate | None = None


class Validator:
    """Measures a model on one split.

    Args:
        losses: measure the losses on the split and on the training probe.
        score: function from the turn, which selects the sample, to the scores of the present model.
        has_perplexity: whether the loss is a cross-entropy.
    """

    def __init__(self, losses: SplitLosses, score: Callable[[int], Scored], *, has_perplexity: bool = True) -> None:
        self._losses = losses
        self._score = score
        self._has_perplexity = has_perplexity

    def measure(self, turn: int) -> Measurement:
        """Measure losses and scores; ``turn`` selects the sample."""
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
    """exp(loss), infinite where that overflows.

    >>> perplexity_of(0.0), perplexity_of(1e6)
    (1.0, inf)
    """
    return math.exp(loss) if loss < 700 else math.inf
