"""A forecast of what a quarter more updates would bring, from the last validations.

The slope of the loss over the logarithm of the updates is the median of the slopes between all pairs of the last five
validations (Theil 1950, Sen 1968), which one outlier does not disturb. It is assumed to decay as u^−d, with d = 1 as
the prior (a loss that nears its limit as 1/u decays so); the later validations against the earlier ones correct d, as
far as their scatter allows. On simulated power laws, exponentials, straight lines and S-shaped curves this was as good
as the best of straight extrapolation over updates, over their logarithm, and fitted power laws, each of which fails on
some of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from dragoman.diagnosis.fit.evidence import Validation

LOOKS = 5
"""Number of last validations that the forecast uses."""
FURTHER = 0.25
"""Further updates, as a share of those done."""
_DECAY, _DOUBT = 1.0, 1.0
"""Mean and standard deviation of the prior of the decay d."""
_SLOWEST, _FASTEST = -1.0, 6.0
"""Limits of the decay d; −1 is a loss that falls in a straight line."""
_REVERSED = 3.0
"""Decay that is used where the later validations no longer improve."""
_DRAWS = 100
_SEED = 12345


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected effect of further updates.

    Attributes:
        updates: number of further updates.
        gain: expected decrease of the validation loss; negative if it would rise.
        error: standard error of the decrease.
        slope: change of the validation loss per update at the end, negative where it falls.
    """

    updates: int
    gain: float
    error: float
    slope: float


def forecast_gain(looks: Sequence[Validation]) -> Forecast | None:
    """The gain of :data:`FURTHER` more updates; None if there are fewer than three finite validations.

    The standard error comes from repeating the forecast with losses perturbed by as much as they scatter around a
    smooth curve.

    >>> validations = [Validation(update, 1.0, validation=1 + 10 / update) for update in (100, 200, 300, 400)]
    >>> found = forecast_gain(validations)
    >>> found.updates, round(found.gain, 3)
    (100, 0.005)
    """
    finite = [look for look in looks if look.update and math.isfinite(look.validation)][-LOOKS:]
    if len(finite) < 3:
        return None
    updates = np.array([look.update for look in finite], dtype=np.float64)
    losses = np.array([look.validation for look in finite])
    scatter = _scatter(np.log(updates), losses)
    gain = _gain(updates, losses, scatter)
    noise = np.random.default_rng(_SEED).normal(0.0, 1.0, (_DRAWS, len(losses)))
    drawn = [_gain(updates, losses + scatter * row, scatter) for row in noise]
    return Forecast(
        updates=round(FURTHER * updates[-1]),
        gain=gain,
        error=float(np.std(drawn)),
        slope=theil_sen(updates, losses),
    )


def theil_sen(x: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"]) -> float:
    """The median of the slopes between all pairs of points, of which there are at least two with different x.

    >>> theil_sen(np.arange(5.0), np.array([0.0, 2.0, 4.0, 6.0, 100.0]))
    2.0
    """
    left, right = np.triu_indices(len(x), 1)
    return float(np.median((y[right] - y[left]) / (x[right] - x[left])))


def _gain(updates: Float64[np.ndarray, " n"], losses: Float64[np.ndarray, " n"], scatter: float) -> float:
    logs = np.log(updates)
    fall = -theil_sen(logs, losses)
    further = math.log(1 + FURTHER)
    ahead = logs[-1] + further / 2 - logs.mean()
    return fall * further * math.exp(-_decay(logs, losses, scatter) * ahead)


def _decay(logs: Float64[np.ndarray, " n"], losses: Float64[np.ndarray, " n"], scatter: float) -> float:
    """Estimate of d in slope ∝ u^−d from the earlier and the later half of the validations, shrunk towards the
    prior."""
    middle = len(logs) // 2
    early, late = slice(None, middle + 1), slice(middle, None)
    falls = [-theil_sen(logs[part], losses[part]) for part in (early, late)]
    if min(falls) <= 0:
        return _DECAY if falls[1] > 0 else _REVERSED
    errors = [math.sqrt(2) * scatter / (logs[part][-1] - logs[part][0]) for part in (early, late)]
    apart = logs[late].mean() - logs[early].mean()
    seen = min(max(-math.log(falls[1] / falls[0]) / apart, _SLOWEST), _FASTEST)
    variance = sum((error / fall) ** 2 for error, fall in zip(errors, falls, strict=True)) / apart**2
    return _DECAY + (seen - _DECAY) * _DOUBT**2 / (_DOUBT**2 + variance)


def _scatter(logs: Float64[np.ndarray, " n"], losses: Float64[np.ndarray, " n"]) -> float:
    """Standard deviation of the losses around a parabola over log u, or around a line where there are three of them."""
    degree = 2 if len(logs) > 3 else 1
    x = logs - logs.mean()
    powers = np.stack([x**power for power in range(degree + 1)], axis=1)
    fitted = powers @ np.linalg.lstsq(powers, losses, rcond=None)[0]
    return math.sqrt(float(((losses - fitted) ** 2).sum()) / (len(losses) - degree - 1))
