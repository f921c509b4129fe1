"""What can be said of how well a run has learnt."""

from __future__ import annotations

from enum import Enum


class FitKind(Enum):
    """The verdict on a run; the value is the phrase for people."""

    UNDERFITTING = "underfitting"
    """A larger or less regularised model learns the same data better."""
    OVERFITTING = "overfitting"
    """It learns the training set by heart, at the cost of what it has not seen."""
    NOT_CONVERGED = "not converged"
    """It would go on learning."""
    GOOD = "good"
    """Nothing that was looked at would help much."""
    UNDECIDED = "undecided"
    """What was measured does not tell."""
