"""The shares of classes that make new examples most likely, by expectation maximisation (Saerens et al. 2002).

Under label shift the density of new inputs is Σ_y q(y) p(x | y), and by Bayes' theorem p(x | y) ∝ p(y | x) / p(y). So
all that is needed are the probabilities that a classifier gives, calibrated for the old shares p(y).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

STEPS = 20_000
TOLERANCE = 1e-6
"""Nats an example by which the likelihood may fall short of the highest one."""


@dataclass(frozen=True, slots=True)
class MaximumLikelihood:
    """The shares of classes that expectation maximisation found.

    Attributes:
        shares: share q of each class, which sum to 1.
        gap: upper bound of what the mean log-likelihood falls short of the highest one, in nats an example.
        steps: number of steps.
        converged: whether the gap came down to the tolerance.
    """

    shares: Float64[np.ndarray, " K"]
    gap: float
    steps: int
    converged: bool


def maximum_likelihood_shares(
    probabilities: Float64[np.ndarray, "m K"],
    old_shares: Float64[np.ndarray, " K"],
    *,
    start: Float64[np.ndarray, " K"] | None = None,
    counts: Float64[np.ndarray, " m"] | None = None,
    tolerance: float = TOLERANCE,
    steps: int = STEPS,
) -> MaximumLikelihood:
    """Maximise the mean over j of ln Σ_y q(y) p(y | x_j) / p(y) over the shares q of the classes.

    Each step replaces q by the mean of the classes' probabilities under q (Saerens et al. 2002, equation 3.2). The mean
    log-likelihood is concave in q, so the largest entry of its gradient, which is 1 at the maximum, bounds from above
    how far it is still to go: gap = max_y mean_j p(y | x_j) / (p(y) Σ_k q(k) p(k | x_j) / p(k)) − 1.

    >>> sure = np.repeat([[0.98, 0.02], [0.02, 0.98]], [80, 20], axis=0)
    >>> maximum_likelihood_shares(sure, np.array([0.5, 0.5])).shares.round(3)
    array([0.812, 0.188])

    Args:
        probabilities: calibrated probabilities of m new examples under the old shares.
        old_shares: share p of each class among old examples, above 0.
        start: shares to begin from, above 0; the old ones by default.
        counts: how often each example counts; once by default.
        tolerance: largest gap at which the steps end.
        steps: number of steps after which they end in any case.
    """
    ratios = probabilities / old_shares
    weights = np.full(len(ratios), 1 / len(ratios)) if counts is None else counts / counts.sum()
    shares = old_shares if start is None else start
    gap = np.inf
    step = 0
    while step < steps:
        gradient = (weights / (ratios @ shares)) @ ratios
        gap = float(gradient.max()) - 1
        if gap <= tolerance:
            break
        shares = shares * gradient
        shares /= shares.sum()
        step += 1
    return MaximumLikelihood(shares, gap, step, gap <= tolerance)
