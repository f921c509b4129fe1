"""Metrics of regression: RMSE, MAE and R²."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from dragoman.evaluation.sentence_statistics import SentenceStatistics


def _rmse(sums: Float[np.ndarray, " K"]) -> float:
    return math.sqrt(sums[1] / sums[4])


def _mae(sums: Float[np.ndarray, " K"]) -> float:
    return float(sums[0] / sums[4])


def _r2(sums: Float[np.ndarray, " K"]) -> float:
    spread = sums[3] - sums[2] ** 2 / sums[4]
    # Rounding leaves a small variance where there is none.
    if spread <= 1e-12 * sums[3] or spread <= 0:
        return 1.0 if sums[1] == 0 else 0.0
    return float(1 - sums[1] / spread)


METRICS: dict[str, Callable[[Float[np.ndarray, " K"]], float]] = {"RMSE": _rmse, "MAE": _mae, "R²": _r2}
"""The root of the mean squared error; the mean absolute error; and the explained share of the true numbers' variance,
which is 0 for always predicting their mean and has no lower bound. If all true numbers are equal, R² is 1 if all
predictions are right, and else 0."""


def regression_statistics(
    predicted: Float[np.ndarray, " n"], true: Float[np.ndarray, " n"]
) -> list[SentenceStatistics]:
    """The counts behind RMSE, MAE and R², in this order.

    The counts of an example are its absolute and squared error, its true number less the mean, the square of that, and
    1 (K = 5).

    >>> statistics = regression_statistics(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]))
    >>> [(metric.name, round(metric.corpus_score(), 2)) for metric in statistics]
    [('RMSE', 0.58), ('MAE', 0.33), ('R²', 0.5)]
    """
    true = true.astype(np.float64)
    errors = predicted.astype(np.float64) - true
    centred = true - (true.mean() if len(true) else 0.0)
    counts = np.stack([np.abs(errors), errors**2, centred, centred**2, np.ones(len(true))], axis=1)
    return [SentenceStatistics(name, "", counts, score) for name, score in METRICS.items()]
