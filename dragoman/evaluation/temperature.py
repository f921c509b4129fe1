"""Calibration of a classifier by one number: temperature scaling (Guo et al. 2017, section 4.2)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

LOWEST, HIGHEST = 0.05, 20.0
"""The bounds between which the temperature is searched for."""
_STEPS = 60
_CLOSE = 1e-9


def fit_temperature(logits: Float[np.ndarray, "n K"], labels: Int[np.ndarray, " n"]) -> float:
    """The temperature T that makes the labels most likely under softmax(logits / T).

    The negative log-likelihood is convex in β = 1 / T, and its slope is the mean of E[z] − z_label, where z are the
    logits and E is over the softmax of β z. Newton's method finds where the slope is 0, within a bracket that shrinks
    with every step; where a Newton step would leave the bracket, the bracket is halved on a logarithmic scale instead.

    >>> logits = np.array([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [4.0, 0.0]])
    >>> round(fit_temperature(logits, np.array([0, 0, 0, 1])), 2)  # 3 of 4 are right: 4 / ln 3
    3.64

    Args:
        logits: logits of examples that were not trained on.
        labels: class number of each example.

    Returns:
        The temperature T, from :data:`LOWEST` to :data:`HIGHEST`; 1 if every label has the highest logit of its
        example, since the likelihood then grows without limit as T falls.
    """
    centred = logits.astype(np.float64)
    centred = centred - centred.max(axis=1, keepdims=True)
    wanted = float(centred[np.arange(len(labels)), labels].mean()) if len(labels) else 0.0
    if wanted == 0:
        return 1.0
    low, high = 1 / HIGHEST, 1 / LOWEST
    beta = 1.0
    for _ in range(_STEPS):
        mean, variance = _moments(centred, beta)
        slope = mean - wanted
        low, high = (low, beta) if slope > 0 else (beta, high)
        newton = beta - slope / variance if variance > 0 else low
        following = newton if low < newton < high else float(np.sqrt(low * high))
        if abs(following - beta) <= _CLOSE * beta:
            break
        beta = following
    return 1 / beta


def _moments(logits: Float[np.ndarray, "n K"], beta: float) -> tuple[float, float]:
    """The means over examples of the logits' expectation and variance under softmax(β · logits)."""
    weights = np.exp(beta * logits)
    weights /= weights.sum(axis=1, keepdims=True)
    means = (weights * logits).sum(axis=1)
    squares = (weights * logits**2).sum(axis=1)
    return float(means.mean()), float((squares - means**2).mean())
