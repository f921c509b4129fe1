"""The possible verdicts on how well a run has learnt, and the limits from which each is given."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits of the verdict; E_0 is the loss of a constant prediction, which ignores the input.

    Attributes:
        looks: fewest validations that show the trend of a loss.
        errors: number of standard errors that a difference must exceed.
        rise: rise of the validation loss from its lowest to its last value, as a share of E_0, that means overfitting.
        gap: difference between validation and training loss, as a share of E_0, that means overfitting.
        forecast: forecast gain of a quarter more updates, as a share of E_0 − E_va, from which a run has not converged.
        level: training loss, as a share of E_0, up to which a model counts as fitting its training set.
        learnt: validation loss above the least possible one, as a share of E_0, up to which nothing is left to gain.
        unlearnt: validation loss, as a share of E_0, from which nothing was learnt.
        resolution: largest uncertainty of the validation loss, as a share of E_0.
        probe_share: gain of an experiment, as a share of the loss, that matters.
        nothing_left: gain of an experiment, as a share of E_0, that matters where losses are near 0.
        overrule: factor by which the gain of another remedy must exceed that of more updates, or of a higher learning
            rate, to decide the verdict on a run whose loss still falls: before convergence, wider and less regularised
            models are ahead whether they stay so or not.
        shortest_probe: least length of an experiment that decides, as a share of the run's.
    """

    looks: int = 4
    errors: float = 2.0
    rise: float = 0.01
    gap: float = 0.15
    forecast: float = 0.01
    level: float = 0.35
    learnt: float = 0.02
    unlearnt: float = 0.97
    resolution: float = 0.05
    probe_share: float = 0.02
    nothing_left: float = 0.002
    overrule: float = 1.15
    shortest_probe: float = 0.5
