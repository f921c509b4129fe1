"""Are the shares of classes different at all? A permutation test."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64, Int

from dragoman.shift.documents import numbered, one_of_each
from dragoman.shift.permutations import PERMUTATIONS, SEED, memberships, p_value

_SMALLEST = 1e-9
"""Directions with less than this share of the largest variance are rounding."""


def shares_test(
    old: Float[np.ndarray, "n K"],
    new: Float[np.ndarray, "m K"],
    *,
    old_documents: Int[np.ndarray, " n"] | None = None,
    new_documents: Int[np.ndarray, " m"] | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> float:
    """The p-value of "the mean of each column is the same among old and new examples".

    The statistic is the distance of the two means in the metric of the pooled covariance. Where columns are indicators
    of the true class it is Pearson's χ²; where they are the probabilities that a classifier gives, it is the score test
    of "the new shares are the old ones" under label shift. The permutations make it exact for any sample size, if the
    classifier was fitted to neither sample.

    If the documents of both sides are known, whole documents are permuted; if those of one side only, one example of
    each is drawn there.

    >>> old, new = np.eye(2)[[0, 1] * 30], np.eye(2)[[0, 0, 0, 1] * 15]
    >>> shares_test(old, new) < 0.02, shares_test(old, old)
    (True, 1.0)

    Args:
        old: a number for each class of n old examples.
        new: the same of m new examples.
        old_documents: the document of each old example, by any number.
        new_documents: the document of each new example, by any number.
        permutations: number of permutations.
        seed: seed of the draws.

    Returns:
        the p-value, at least 1 / (permutations + 1).
    """
    documents = None
    if old_documents is not None and new_documents is not None:
        first = numbered(old_documents, len(old))
        documents = np.concatenate([first, numbered(new_documents, len(new)) + first.max() + 1])
    elif old_documents is not None:
        old = old[one_of_each(old_documents, np.random.default_rng(seed))]
    elif new_documents is not None:
        new = new[one_of_each(new_documents, np.random.default_rng(seed))]
    white = _whitened(np.concatenate([old, new]).astype(np.float64))
    members = memberships(len(old), len(new), permutations, seed, documents).astype(np.float64)
    # With documents of different sizes the number of new examples differs between permutations.
    sizes = members.sum(axis=1, keepdims=True)
    sums = members @ white
    # The pooled mean is 0, so the old examples' sum is the negative of the new ones'.
    difference = sums / sizes + sums / (len(white) - sizes)
    return p_value((difference**2).sum(axis=1))


def _whitened(values: Float64[np.ndarray, "N K"]) -> Float64[np.ndarray, "N K"]:
    """The values in coordinates that have mean 0, variance 1 and no correlation; those without variance are 0."""
    centred = values - values.mean(axis=0)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    seen = variances > _SMALLEST * max(float(variances[-1]), 1e-300)
    return centred @ (axes * np.where(seen, 1 / np.sqrt(np.where(seen, variances, 1)), 0))
