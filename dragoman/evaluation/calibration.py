"""Whether probabilities mean what they say: of all that is said with 80 % confidence, 80 % should be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from dragoman.evaluation.sentence_statistics import SentenceStatistics

BINS = 15
SMALLEST_PROBABILITY = 1e-12
"""Below which a probability counts as this, so that one certain mistake does not outweigh all else."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Examples of similar confidence, which is the probability of the predicted class.

    Attributes:
        low: lower end of the bin, not in it but for 0.
        high: upper end of the bin, in it.
        examples: how many, at least 1.
        confidence: their mean confidence, 0 to 1.
        accuracy: share of them that is right, 0 to 1.
    """

    low: float
    high: float
    examples: int
    confidence: float
    accuracy: float


def reliability(
    confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], bins: int = BINS
) -> tuple[ReliabilityBin, ...]:
    """Confidence and accuracy in bins of equal width (Guo et al. 2017, section 2); empty bins are left out."""
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
    """Mean distance of accuracy and confidence, 0 to 1; bins weighted by their examples (Guo et al. 2017, sec. 2)."""
    return sum(b.examples * abs(b.accuracy - b.confidence) for b in bins) / sum(b.examples for b in bins)


def probability_statistics(
    probabilities: Float[np.ndarray, "n K"], true: Int[np.ndarray, " n"]
) -> list[SentenceStatistics]:
    """The counts behind negative log-likelihood (nats per example) and the Brier score (Brier 1950), in this order.

    The Brier score is the squared distance of the probabilities from certainty of the true class, 0 to 2.
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
