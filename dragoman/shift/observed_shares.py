"""Label shift where the true classes of new examples are known: their shares are counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int

from dragoman.shift.documents import numbered, resampling_counts
from dragoman.shift.label_shift import RESAMPLES, SharesEstimate, estimate_of
from dragoman.shift.permutations import PERMUTATIONS, SEED
from dragoman.shift.shares_test import shares_test


@dataclass(frozen=True, slots=True)
class ObservedLabelShift:
    """How the shares of K classes differ between old and new examples.

    Attributes:
        old_shares: share of each class among the old examples.
        estimate: share of each class among the new examples, with the interval of what a larger sample would have; the
            weight of a class without old examples is 0.
        p_value: p-value of "the shares are the same", by permutations of Pearson's χ².
    """

    old_shares: Float64[np.ndarray, " K"]
    estimate: SharesEstimate
    p_value: float


def observed_label_shift(
    old_classes: Int[np.ndarray, " n"],
    new_classes: Int[np.ndarray, " m"],
    size: int,
    *,
    old_documents: Int[np.ndarray, " n"] | None = None,
    new_documents: Int[np.ndarray, " m"] | None = None,
    permutations: int = PERMUTATIONS,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> ObservedLabelShift:
    """Compare the classes of n old and m new examples, at least one of each.

    >>> found = observed_label_shift(np.repeat([0, 1], [60, 40]), np.repeat([0, 1], [20, 80]), 2)
    >>> found.p_value, found.estimate.shares, found.estimate.weights.round(2)
    (0.001, array([0.2, 0.8]), array([0.33, 2.  ]))

    Args:
        old_classes: class of each old example, from 0 to K − 1.
        new_classes: class of each new example.
        size: K, the number of classes.
        old_documents: document of each old example, by any number; whole documents are permuted and resampled.
        new_documents: document of each new example, by any number.
        permutations: number of permutations behind the p-value.
        resamples: number of resamples behind the interval.
        seed: seed of all draws.
    """
    old, new = np.eye(size)[old_classes], np.eye(size)[new_classes]
    p_value = shares_test(
        old, new, old_documents=old_documents, new_documents=new_documents, permutations=permutations, seed=seed
    )
    documents = numbered(new_documents, len(new))
    counts = resampling_counts(documents, resamples, np.random.default_rng([seed, 1]))
    old_shares, shares = old.mean(axis=0), new.mean(axis=0)
    weights = np.divide(shares, old_shares, out=np.zeros(size), where=old_shares > 0)
    estimate = estimate_of(shares, counts @ new / len(new), weights, independent=int(documents.max()) + 1)
    return ObservedLabelShift(old_shares, estimate, p_value)
