"""Confidence intervals of scores over the choice of test sentences: the bootstrap (Efron 1979; for BLEU, Koehn 2004).

Sentences are drawn with replacement and their counts summed, which is one product of a matrix of draws with the matrix
of counts. Counts are integers, so the sums are exact and do not depend on the number of CPU threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dragoman.evaluation.sentence_statistics import SentenceStatistics

RESAMPLES = 1000
SEED = 12345
CONFIDENCE = 0.95
DRAWS_AT_ONCE = 4_000_000
"""The number of draws that are held in memory together: about 100 MB."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A score with its confidence interval.

    Attributes:
        metric: the metric's name, as sacreBLEU writes it.
        value: the score of the whole corpus.
        low: lower end of the 95 % percentile interval.
        high: upper end of the 95 % percentile interval.
        signature: sacreBLEU's signature of ``value``.
        resamples: number of bootstrap resamples behind the interval.
        seed: seed of the draws.
    """

    metric: str
    value: float
    low: float
    high: float
    signature: str
    resamples: int
    seed: int


def resampled_sums(
    counts: Float[np.ndarray, "n K"], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Float[np.ndarray, "R K"]:
    """The summed counts of each of ``resamples`` draws of n sentences with replacement.

    The draws are those of sacreBLEU for the same seed. Metrics whose counts stand side by side in ``counts``, and calls
    with the same n and seed, share their resamples.

    >>> resampled_sums(np.array([[1.0], [0.0], [1.0], [1.0]]), resamples=5, seed=1).flatten()
    array([3., 4., 2., 1., 4.])
    """
    size = len(counts)
    generator = np.random.default_rng(seed)
    rows = max(1, DRAWS_AT_ONCE // size)
    parts = []
    for done in range(0, resamples, rows):
        now = min(rows, resamples - done)
        drawn = generator.integers(0, size, size=(now, size))
        drawn += np.arange(now)[:, None] * size
        times = np.bincount(drawn.ravel(), minlength=now * size).reshape(now, size)
        parts.append(times.astype(np.float64) @ counts)
    return np.concatenate(parts)


def percentile_interval(values: Float[np.ndarray, " R"]) -> tuple[float, float]:
    """The lower and the upper end between which the middle 95 % of the values lie.

    >>> low, high = percentile_interval(np.arange(1001.0))
    >>> round(low), round(high)
    (25, 975)
    """
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def estimates(metrics: list[SentenceStatistics], *, resamples: int = RESAMPLES, seed: int = SEED) -> list[Estimate]:
    """The score and interval of each metric, all from the same resamples.

    >>> from dragoman.evaluation.chrf import chrf_statistics
    >>> (estimate,) = estimates([chrf_statistics(["a cat", "a dog"], ["the cat", "a dog"])])
    >>> round(estimate.value, 1), round(estimate.low, 1), round(estimate.high, 1)
    (57.8, 29.4, 100.0)

    Args:
        metrics: statistics of the same n sentences.
        resamples: number of bootstrap resamples, at least 1.
        seed: seed of the draws.
    """
    sums = resampled_sums(np.concatenate([m.counts for m in metrics], axis=1), resamples=resamples, seed=seed)
    widths = np.cumsum([m.counts.shape[1] for m in metrics])[:-1]
    found = []
    for metric, part in zip(metrics, np.split(sums, widths, axis=1), strict=True):
        low, high = percentile_interval(metric.scores(part))
        found.append(Estimate(metric.name, metric.corpus_score(), low, high, metric.signature, resamples, seed))
    return found
