"""The possible verdicts on how well a run has learnt."""

from __future__ import annotations

from enum import Enum


class FitKind(Enum):
    """The verdict on a run; the value is a phrase for people to read."""

    UNDERFITTING = "underfitting"
    """A larger or less regularised model learns the same data better."""
    OVERFITTING = "overfitting"
    """It memorises the training set at the cost of examples that it has not seen."""
    NOT_CONVERGED = "not converged"
    """The validation loss would go on falling."""
    GOOD = "good"
    """Nothing that was examined would help much."""
    UNDECIDED = "undecided"
    """The measurements do not suffice for a verdict."""
