"""The loss over the size of the training set: E(n) = E_∞ + a · n^−b (Hestness et al. 2017, eq. 1).

Few points do not determine three parameters, so b has a prior, from what translation has shown: exponents of 0.25 to
0.28 on large data (Bansal et al. 2022), and steeper curves on small data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

EXPONENT = 0.35
"""Median of the log-normal prior of the exponent b."""
DOUBT = 0.7
"""Standard deviation of log b in the prior: 95 % of exponents lie between 0.09 and 1.4."""
LEAST_ERROR = 0.01
"""Least relative standard error of a loss, from random initialisation, order and choice of the examples."""
_DRAWS = 400
_SEED = 12345
_EXPONENTS = np.geomspace(0.04, 2.0, 80)
_CONFIDENCE = 95


@dataclass(frozen=True, slots=True)
class DataPoint:
    """The loss at one size of the training set.

    Attributes:
        examples: n, the number of training examples.
        loss: lowest validation loss.
        error: standard error of the loss; None if unknown.
        training: loss on the training examples at the same update; None if unknown.
    """

    examples: int
    loss: float
    error: float | None = None
    training: float | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """A predicted loss with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """A fitted learning curve.

    Attributes:
        points: the points that it was fitted to, ordered by size.
        floor: E_∞, the loss in the limit of infinite data.
        scale: a · m^−b, the height above the floor at the largest size m that was measured.
        exponent: the exponent b.
        draws: floor, scale and exponent of R curves that fit about as well, [R, 3].
    """

    points: tuple[DataPoint, ...]
    floor: float
    scale: float
    exponent: float
    draws: Float64[np.ndarray, "R 3"]

    def predict(self, examples: int | float) -> Prediction:
        """The predicted loss after training on so many examples."""
        ratio = examples / self.points[-1].examples
        drawn = self.draws[:, 0] + self.draws[:, 1] * ratio ** -self.draws[:, 2]
        tail = (100 - _CONFIDENCE) / 2
        low, high = np.percentile(drawn, [tail, 100 - tail])
        return Prediction(self.floor + self.scale * ratio**-self.exponent, float(low), float(high))

    def gain(self, factor: int | float) -> Prediction:
        """The predicted decrease of the loss if the largest measured size were multiplied by ``factor``."""
        drawn = self.draws[:, 1] * (1 - factor ** -self.draws[:, 2])
        tail = (100 - _CONFIDENCE) / 2
        low, high = np.percentile(drawn, [tail, 100 - tail])
        return Prediction(self.scale * (1 - factor**-self.exponent), float(low), float(high))


def fit_learning_curve(points: Sequence[DataPoint]) -> LearningCurve:
    """Fit the curve by weighted least squares with a prior on b; the uncertainty comes from refitting to points and a
    prior that are perturbed at random by their errors.

    Args:
        points: points of at least two sizes, in any order.

    Raises:
        ValueError: if there are fewer sizes, or a loss is not finite.

    >>> points = [DataPoint(n, 2 + 10 * n**-0.3, error=0.01) for n in (1_000, 10_000, 100_000)]
    >>> curve = fit_learning_curve(points)
    >>> round(curve.exponent, 1), round(curve.predict(1_000_000).value, 1)
    (0.3, 2.2)
    """
    ordered = tuple(sorted(points, key=lambda point: point.examples))
    if len({point.examples for point in ordered}) < 2:
        raise ValueError(f"a learning curve needs two sizes of the training set, and these are {len(ordered)} points")
    losses = np.array([point.loss for point in ordered])
    if not np.isfinite(losses).all():
        raise ValueError(f"a learning curve needs finite losses, and these are {losses.tolist()}")
    sizes = np.array([point.examples for point in ordered]) / ordered[-1].examples
    errors = np.array([math.hypot(p.error or 0.0, LEAST_ERROR * abs(p.loss)) for p in ordered])
    errors = np.maximum(errors, 1e-12)
    generator = np.random.default_rng(_SEED)
    moved = losses + errors * generator.normal(size=(_DRAWS, len(losses)))
    priors = math.log(EXPONENT) + DOUBT * generator.normal(size=_DRAWS)
    floor, scale, exponent = _fit(sizes, losses[None], errors, np.array([math.log(EXPONENT)]))[0].tolist()
    return LearningCurve(ordered, floor, scale, exponent, _fit(sizes, moved, errors, priors))


def _fit(
    sizes: Float64[np.ndarray, " n"],
    losses: Float64[np.ndarray, "R n"],
    errors: Float64[np.ndarray, " n"],
    prior: Float64[np.ndarray, " R"],
) -> Float64[np.ndarray, "R 3"]:
    """Floor, scale and exponent for each row: the exponent from a grid that has the least penalised squares."""
    found = np.stack([_line(sizes**-b, losses, errors) for b in _EXPONENTS])
    floors, scales = found[..., 0], found[..., 1]
    fitted = floors[..., None] + scales[..., None] * sizes[None, None] ** -_EXPONENTS[:, None, None]
    squares = (((fitted - losses[None]) / errors) ** 2).sum(axis=2)
    penalty = ((np.log(_EXPONENTS)[:, None] - prior[None]) / DOUBT) ** 2
    best, rows = (squares + penalty).argmin(axis=0), np.arange(len(losses))
    return np.stack([floors[best, rows], scales[best, rows], _EXPONENTS[best]], axis=1)


def _line(
    x: Float64[np.ndarray, " n"], losses: Float64[np.ndarray, "R n"], errors: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, "R 2"]:
    """Weighted least squares of loss = floor + scale · x, with neither below 0."""
    weights = errors**-2
    weights = weights / weights.sum()
    mean_x, mean_y = (weights * x).sum(), (weights * losses).sum(axis=1)
    spread = (weights * (x - mean_x) ** 2).sum()
    scale = (weights * (x - mean_x) * losses).sum(axis=1) / spread
    through_zero = (weights * x * losses).sum(axis=1) / (weights * x**2).sum()
    floor = mean_y - np.maximum(scale, 0) * mean_x
    scale = np.where(floor < 0, np.maximum(through_zero, 0), np.maximum(scale, 0))
    return np.stack([np.maximum(floor, 0), scale], axis=1)
