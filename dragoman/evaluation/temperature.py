"""One number that makes a classifier's confidence honest: temperature scaling (Guo et al. 2017, section 4.2)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

LOWEST, HIGHEST = 0.05, 20.0
"""Between which the temperature is sought."""
_STEPS = 60
_CLOSE = 1e-9


def fit_temperature(logits: Float[np.ndarray, "n K"], labels: Int[np.ndarray, " n"]) -> float:
    """The temperature T that makes the labels most likely under softmax(logits / T).

    The negative log-likelihood is convex in β = 1 / T, and its slope is the mean of E[z] − z_label, with z the logits
    and E over the softmax of β z. Newton's method finds where the slope is 0; a bracket that shrinks with every step
    keeps it from leaving, halved on a logarithmic scale where Newton would.

    Args:
        logits: of examples that were not trained on.
        labels: their class numbers.

    Returns:
        T, from :data:`LOWEST` to :data:`HIGHEST`; 1 if every label has the highest logit of its example, since the
        likelihood then grows without end as T falls, and says nothing.
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
    """The means over examples of the logits' expectation and variance under the softmax of β times them."""
    weights = np.exp(beta * logits)
    weights /= weights.sum(axis=1, keepdims=True)
    means = (weights * logits).sum(axis=1)
    squares = (weights * logits**2).sum(axis=1)
    return float(means.mean()), float((squares - means**2).mean())
