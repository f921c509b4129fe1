"""The numbers that a verdict rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dragoman.diagnosis.fit.evidence import FitEvidence
from dragoman.diagnosis.fit.forecast import Forecast, forecast_gain

_LITTLE = 0.05
"""Least share of E_0 that improvements are compared with, however little was learnt."""


@dataclass(frozen=True, slots=True)
class FitNumbers:
    """The numbers of a run with at least one finite validation; losses have the unit of the run.

    Attributes:
        baseline: E_0, the loss of a constant prediction.
        best_update: update with the lowest validation loss.
        validation: E_va, the lowest validation loss.
        validation_error: standard error of E_va; None if unknown.
        training: E_tr, the loss on training examples at that update; None if it was not measured.
        least: the validation loss of a perfect model, which is above 0 where training smooths labels.
        excess: E_va less ``least``.
        gap: G = (E_va − E_tr) / E_0; None if E_tr is unknown.
        gap_error: standard error of the gap.
        level: (E_tr − ``least``) / E_0; None if E_tr is unknown.
        rise: the last validation loss less the lowest.
        rise_error: standard error of the rise.
        learnt: E_0 − E_va, at least a twentieth of E_0; improvements are compared with it.
        forecast: forecast for a quarter more updates; None if there are too few validations.
    """

    baseline: float
    best_update: int
    validation: float
    validation_error: float | None
    training: float | None
    least: float
    excess: float
    gap: float | None
    gap_error: float | None
    level: float | None
    rise: float
    rise_error: float
    learnt: float
    forecast: Forecast | None


def measure_fit(evidence: FitEvidence) -> FitNumbers:
    """Compute the numbers of a run.

    Args:
        evidence: evidence with at least one finite validation.
    """
    best, last, baseline = evidence.best, evidence.finite[-1], evidence.baseline
    least = smoothed_least(evidence.facts.label_smoothing, evidence.facts.unit)
    known = best.training is not None
    gap = (best.validation - best.training) / baseline if best.training is not None else None
    return FitNumbers(
        baseline=baseline,
        best_update=best.update,
        validation=best.validation,
        validation_error=best.validation_error,
        training=best.training,
        least=least,
        excess=max(best.validation - least, 0.0),
        gap=gap,
        gap_error=math.hypot(best.validation_error or 0.0, best.training_error or 0.0) / baseline if known else None,
        level=max(best.training - least, 0.0) / baseline if best.training is not None else None,
        rise=last.validation - best.validation,
        rise_error=difference_error(last.validation_error, best.validation_error),
        learnt=max(baseline - best.validation, _LITTLE * baseline),
        forecast=forecast_gain(evidence.looks),
    )


def smoothed_least(smoothing: float, unit: str) -> float:
    """The loss without smoothing of a model that is perfect under the smoothed loss, −log(1 − ε); 0 for numbers.

    >>> round(smoothed_least(0.1, "nats per target token"), 3)
    0.105
    """
    return -math.log(1 - smoothing) if unit.startswith("nats") else 0.0


CORRELATION = 0.8
"""Assumed correlation between the losses of two models of one task on the same examples: what is hard for one model is
hard for the other. It is assumed because the losses of single examples are not kept."""


def difference_error(one: float | None, other: float | None) -> float:
    """Standard error of the difference between two losses, from their own standard errors; 0 where neither is known.

    >>> round(difference_error(0.1, 0.1), 3), difference_error(None, None)
    (0.063, 0.0)
    """
    a, b = (one if one is not None else other) or 0.0, (other if other is not None else one) or 0.0
    return math.sqrt(max(a * a + b * b - 2 * CORRELATION * a * b, 0.0))
