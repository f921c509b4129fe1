"""Calibration of probabilities: of all predictions with a confidence of 80 %, 80 % should be right.

One number, the temperature, mends it (Guo et al. 2017, section 4.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from dragoman.evaluation.sentence_statistics import SentenceStatistics

BINS = 15
SMALLEST_PROBABILITY = 1e-12
"""Smaller probabilities count as this one, so that one certain mistake does not outweigh everything else."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Examples of similar confidence, which is the probability of the predicted class.

    Attributes:
        low: lower end of the bin, which does not belong to it, except for 0.
        high: upper end of the bin, which belongs to it.
        examples: number of examples, at least 1.
        confidence: mean confidence of the examples, 0 to 1.
        accuracy: share of the examples whose prediction is right, 0 to 1.
    """

    low: float
    high: float
    examples: int
    confidence: float
    accuracy: float


def reliability(
    confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], bins: int = BINS
) -> tuple[ReliabilityBin, ...]:
    """Confidence and accuracy in bins of equal width (Guo et al. 2017, section 2); empty bins are left out.

    >>> for part in reliability(np.array([0.9, 0.8, 0.3]), np.array([True, False, False]), bins=2):
    ...     print(part.low, part.high, part.examples, round(part.confidence, 2), part.accuracy)
    0.0 0.5 1 0.3 0.0
    0.5 1.0 2 0.85 0.5
    """
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    found = []
    for number in np.unique(place).tolist():
        rows = place == number
        found.append(
            ReliabilityBin(
                low=number / bins,
                high=(number + 1) / bins,
                examples=int(rows.sum()),
                confidence=float(confidence[rows].mean()),
                accuracy=float(right[rows].mean()),
            )
        )
    return tuple(found)


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Mean distance of accuracy and confidence, 0 to 1; bins weighted by their examples (Guo et al. 2017, sec. 2).

    >>> bins = reliability(np.array([0.9, 0.8, 0.3]), np.array([True, False, False]), bins=2)
    >>> round(expected_calibration_error(bins), 3)
    0.333
    """
    return sum(b.examples * abs(b.accuracy - b.confidence) for b in bins) / sum(b.examples for b in bins)


def probability_statistics(
    probabilities: Float[np.ndarray, "n K"], true: Int[np.ndarray, " n"]
) -> list[SentenceStatistics]:
    """The counts behind negative log-likelihood (nats per example) and the Brier score (Brier 1950), in this order.

    The Brier score is the squared distance of the probabilities from certainty of the true class, 0 to 2.

    >>> nats, brier = probability_statistics(np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([0, 1]))
    >>> round(nats.corpus_score(), 3), round(brier.corpus_score(), 3)
    (0.367, 0.2)
    """
    given = probabilities[np.arange(len(true)), true].astype(np.float64)
    nats = -np.log(np.maximum(given, SMALLEST_PROBABILITY))
    squares = (probabilities.astype(np.float64) ** 2).sum(axis=1) - 2 * given + 1
    ones = np.ones(len(true))
    return [
        SentenceStatistics("nats per example", "", np.stack([nats, ones], axis=1), _mean),
        SentenceStatistics("Brier score", "", np.stack([squares, ones], axis=1), _mean),
    ]


def _mean(sums: Float[np.ndarray, " K"]) -> float:
    return float(sums[0] / sums[1])


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
