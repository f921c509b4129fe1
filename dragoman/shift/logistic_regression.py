"""Logistic regression with a ridge penalty, fitted by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64

_STEPS = 100
_HALVINGS = 30
_CLOSE = 1e-13
"""Newton's method ends where its decrement, which bounds what is still to be gained, is this small for an example."""


@dataclass(frozen=True, slots=True)
class LogisticRegression:
    """The probability that an example is positive, 1 / (1 + exp(−(b + xᵀβ))).

    Attributes:
        intercept: intercept b.
        coefficients: coefficients β of the d features.
    """

    intercept: float
    coefficients: Float64[np.ndarray, " d"]

    def logits(self, values: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, " n"]:
        """The logarithm of the odds that each example is positive."""
        return self.intercept + values.astype(np.float64) @ self.coefficients


def fit_logistic_regression(
    values: Float[np.ndarray, "n d"],
    positive: Bool[np.ndarray, " n"],
    *,
    ridge: float,
    start: LogisticRegression | None = None,
) -> LogisticRegression:
    """The regression that minimises Σ_i ln(1 + exp(−s_i (b + x_iᵀβ))) + λ/2 ‖β‖², where s_i is 1 for a positive example
    and −1 for another (Hastie et al. 2009, section 4.4.1, with a ridge).

    The objective is strictly convex for λ > 0. Each Newton step solves a system of d + 1 equations, and is halved until
    the objective falls enough (Boyd & Vandenberghe 2004, algorithm 9.5).

    >>> values = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    >>> found = fit_logistic_regression(values, np.array([False, True, False, True]), ridge=1.0)
    >>> round(found.intercept, 3), found.coefficients.round(3)
    (0.0, array([0.291]))

    Args:
        values: features of the examples, of similar scale.
        positive: whether each example is positive; at least one is, and one is not.
        ridge: penalty λ > 0 of the coefficients; the intercept has none.
        start: regression to begin from, such as that of another penalty; it changes the time alone.
    """
    count, size = values.shape
    matrix = np.concatenate([np.ones((count, 1)), values.astype(np.float64)], axis=1)
    signs = np.where(positive, 1.0, -1.0)
    penalty = np.concatenate([[0.0], np.full(size, ridge)])
    found = np.zeros(size + 1) if start is None else np.concatenate([[start.intercept], start.coefficients])
    margins = signs * (matrix @ found)
    value = _objective(margins, penalty, found)
    for _ in range(_STEPS):
        missed = np.exp(-np.logaddexp(0.0, margins))
        gradient = penalty * found - matrix.T @ (signs * missed)
        hessian = (matrix * (missed * (1 - missed))[:, None]).T @ matrix
        hessian[np.diag_indices_from(hessian)] += penalty
        # Where the classes are told apart perfectly, the curvature along the intercept may vanish in rounding.
        hessian[0, 0] += 1e-12 * count
        step = np.linalg.solve(hessian, gradient)
        decrement = float(gradient @ step)
        if decrement <= _CLOSE * count:
            break
        size_of_step = 1.0
        for _ in range(_HALVINGS):
            following = found - size_of_step * step
            margins = signs * (matrix @ following)
            lower = _objective(margins, penalty, following)
            if lower <= value - 1e-4 * size_of_step * decrement:
                break
            size_of_step /= 2
        found, value = following, lower
    return LogisticRegression(float(found[0]), found[1:])


def _objective(
    margins: Float64[np.ndarray, " n"], penalty: Float64[np.ndarray, " p"], found: Float64[np.ndarray, " p"]
) -> float:
    return float(np.logaddexp(0.0, -margins).sum() + 0.5 * (penalty * found**2).sum())
