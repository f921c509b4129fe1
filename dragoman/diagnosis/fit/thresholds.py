"""Where verdicts on a run begin."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """E_0 is the loss of what does not look at its input.

    Attributes:
        looks: fewest looks that show where a loss goes.
        errors: standard errors that a difference must exceed.
        rise: of the validation loss from its lowest to the last, as a share of E_0, that is overfitting.
        gap: between validation and training loss, as a share of E_0, that is overfitting.
        forecast: gain of a quarter more updates, as a share of E_0 less the loss, from which a run has not converged.
        level: training loss, as a share of E_0, up to which a model is said to fit its training set.
        learnt: validation loss above the least possible, as a share of E_0, up to which nothing is left to gain.
        unlearnt: validation loss as a share of E_0 from which nothing was learnt.
        resolution: largest uncertainty of the validation loss, as a share of E_0.
        probe_share: gain of an experiment, as a share of the loss, that matters.
        nothing_left: likewise as a share of E_0, for losses near 0.
        overrule: how many times the gain of more steps, or of a higher rate, any other must have to tell what was amiss
            with a run whose loss still falls: before a run has converged, wider and less regularised models are ahead
            whether they will stay there or not.
        shortest_probe: length of an experiment, as a share of the run's, from which on it decides.
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
