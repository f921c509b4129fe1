"""The Kolmogorov–Smirnov statistic of each feature: the largest distance between two distribution functions.

All assignments are followed at once through the sorted values of all features, so nothing but their running sums is
held in memory.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float64


def kolmogorov_smirnov(
    values: Float[np.ndarray, "n d"], members: Bool[np.ndarray, "P n"]
) -> Float64[np.ndarray, "P d"]:
    """The statistic max |F_new(x) − F_old(x)| of each feature under each assignment, 0 to 1.

    Args:
        values: d features of the n pooled examples.
        members: which examples count as new.

    >>> members = np.array([[False, False, True, True]])
    >>> kolmogorov_smirnov(np.array([[1.0], [2.0], [2.0], [3.0]]), members).tolist()
    [[0.5]]
    """
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    # Distribution functions are compared where a value ends, not among equal ones.
    ends = np.ones(values.shape, dtype=bool)
    ends[:-1] = ordered[1:] != ordered[:-1]
    new = members.sum(axis=1)
    old = members.shape[1] - new
    # Whole numbers, in which equal distances are equal: each new example counts `old`, each old one −`new`.
    steps = np.where(members, old[:, None], -new[:, None]).astype(np.int32).T.copy()
    sums = np.zeros((values.shape[1], len(members)), dtype=np.int32)
    largest = np.zeros_like(sums)
    distances = np.empty_like(sums)
    for place, ending in zip(order, ends, strict=True):
        sums += steps[place]
        np.abs(sums, out=distances)
        if not ending.all():
            distances[~ending] = 0
        np.maximum(largest, distances, out=largest)
    return (largest / (old * new)).T
