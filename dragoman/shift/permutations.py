"""Permutations of who is new: what makes a test's p-value exact whatever its statistic.

If old and new examples come from one distribution, every assignment of "new" to as many of the pooled examples is
equally probable, so the observed statistic is one draw among those of the permutations (Fisher 1935; Phipson & Smyth
2010, who show why the observed one has to be counted too). Sentences of one document resemble each other and are not
exchangeable; whole documents are.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

PERMUTATIONS = 999
"""The usual number: the smallest p-value is then 0.001."""
SEED = 1
_STREAM = 0x5E_D1CE
"""Makes the draws independent of data that was generated from the same seed."""
ROUNDING = 1e-6
"""Statistics that differ by less than this share of their range are equal: only rounding separates them."""


def memberships(
    old: int,
    new: int,
    count: int = PERMUTATIONS,
    seed: int = SEED,
    documents: Int64[np.ndarray, " n"] | None = None,
) -> Bool[np.ndarray, "P n"]:
    """Which of the n pooled examples, the old ones first, count as new.

    Args:
        old: number of old examples.
        new: number of new examples.
        count: number of permutations beside the observed assignment.
        seed: seed of the draws.
        documents: the document of each pooled example, by any number; none holds both old and new examples. Whole
            documents are then permuted, as many being new as are new in truth.

    Returns:
        P = count + 1 rows: the observed assignment, then the permutations.

    Raises:
        ValueError: if a document holds both old and new examples, or ``documents`` is not of length n.

    >>> memberships(2, 1, count=3).astype(int)
    array([[0, 0, 1],
           [1, 0, 0],
           [0, 1, 0],
           [0, 1, 0]])
    """
    if documents is None:
        return _permuted(old, new, count, seed)
    if len(documents) != old + new:
        raise ValueError(f"{len(documents)} documents are given for {old + new} examples")
    names, number = np.unique(documents, return_inverse=True)
    is_new = np.zeros(len(names), dtype=bool)
    is_new[number[old:]] = True
    if is_new[number[:old]].any():
        raise ValueError("a document holds both old and new examples")
    # Old documents first, as the permutations of their numbers have it.
    place = np.empty(len(names), dtype=np.int64)
    place[np.argsort(is_new, kind="stable")] = np.arange(len(names))
    return _permuted(int((~is_new).sum()), int(is_new.sum()), count, seed)[:, place[number]]


def _permuted(old: int, new: int, count: int, seed: int) -> Bool[np.ndarray, "P n"]:
    members = np.zeros((count + 1, old + new), dtype=bool)
    members[:, old:] = True
    members[1:] = np.random.default_rng([seed, _STREAM]).permuted(members[1:], axis=1)
    return members


def p_value(statistics: Float[np.ndarray, " P"]) -> float:
    """The p-value of a statistic that is large where old and new differ: (k + 1) / (B + 1).

    Args:
        statistics: the statistic of the observed assignment, then those of B permutations, of which k are at least as
            large.

    >>> p_value(np.array([3.0, 1.0, 4.0, 0.0]))
    0.5
    """
    return float(p_values(statistics[:, None])[0, 0])


def p_values(statistics: Float[np.ndarray, "P tests"]) -> Float64[np.ndarray, "P tests"]:
    """The p-value of each test that each assignment would have if it were the observed one, which is the first.

    A statistic of these p-values, such as the smallest of several tests, can be calibrated by the same permutations
    (Westfall & Young 1993, section 2.6).

    Returns:
        the share of assignments whose statistic is at least as large.

    >>> p_values(np.array([[3.0, 1.0], [1.0, 1.0], [2.0, 5.0], [0.0, 0.0]]))
    array([[0.25, 0.75],
           [0.75, 0.75],
           [0.5 , 0.25],
           [1.  , 1.  ]])
    """
    ascending = np.sort(statistics, axis=0)
    tolerance = ROUNDING * (ascending[-1] - ascending[0])
    shares = np.empty(statistics.shape)
    for test in range(statistics.shape[1]):
        smaller = np.searchsorted(ascending[:, test], statistics[:, test] - tolerance[test])
        shares[:, test] = (len(statistics) - smaller) / len(statistics)
    return shares
