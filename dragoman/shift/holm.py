"""Holm's correction: p-values of several tests such that one error anywhere is as improbable as the level says."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64


def holm(p_values: Float[np.ndarray, " tests"]) -> Float64[np.ndarray, " tests"]:
    """Adjusted p-values of Holm (1979): the i-th smallest of K times K − i + 1, never less than the one before it.

    Rejecting where they are at most α errs on any true hypothesis with a probability of at most α, however the tests
    depend on each other.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1.0)
    return adjusted
