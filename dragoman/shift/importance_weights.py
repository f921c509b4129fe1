"""Importance weights: how much each old example counts, so that old examples stand for new ones.

The mean of a loss over old examples, each weighted by p_new(x) / p_old(x), is an unbiased estimate of its mean over new
examples (Shimodaira 2000). A few huge weights would decide everything, so they are cut off (Ionides 2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from dragoman.errors import InputError

LOWEST_SHARE = 0.1
"""The smallest effective share of examples that weights are given for."""


@dataclass(frozen=True, slots=True)
class ImportanceWeights:
    """Weights of old examples.

    Attributes:
        values: weight of each example, at least 0; their mean is 1, so that learning rates mean what they did.
        effective_share: effective sample size (Σw)² / Σw² (Kish 1965), as a share of the examples, above 0 and at most
            1: an estimate from n weighted examples varies about as much as one from this share of n.
        cap: largest ratio of densities that counts; larger ones count as this one.
        capped: share of the examples whose ratio is larger.
    """

    values: Float64[np.ndarray, " n"]
    effective_share: float
    cap: float
    capped: float


def importance_weights(
    log_ratio: Float[np.ndarray, " n"], cap: float | None = None, *, lowest_share: float = LOWEST_SHARE
) -> ImportanceWeights:
    """The weights w_i = min(exp h_i, c), divided by their mean.

    >>> found = importance_weights(np.log([0.5, 1.0, 1.5]))
    >>> found.values.round(3), round(found.effective_share, 3)
    (array([0.5, 1. , 1.5]), 0.857)

    Args:
        log_ratio: h_i = ln p_new(x_i) / p_old(x_i) of each of n old examples.
        cap: cap c of the ratio; by default √n, with which the bias of a weighted mean vanishes as n grows, and its
            variance stays finite, however heavy the tail of the ratios is (Ionides 2008, section 2).
        lowest_share: smallest effective share that is accepted.

    Raises:
        ValueError: if there is no example, a ratio is not a number, or the cap is not positive.
        InputError: if the effective share is smaller: the new inputs lie where there are hardly any old ones.
    """
    count = len(log_ratio)
    cap = math.sqrt(count) if cap is None else cap
    if not count or np.isnan(log_ratio).any() or not cap > 0:
        raise ValueError(f"{count} log ratios and a cap of {cap} make no weights")
    logs = np.minimum(log_ratio.astype(np.float64), math.log(cap))
    # Dividing by the largest weight first changes nothing in the end, and small ratios do not all become 0.
    weights = np.exp(logs - logs.max())
    weights /= weights.mean()
    share = float(1 / np.square(weights).mean())
    if share < lowest_share:
        raise InputError(
            f"with these weights {count:,} training examples are worth {share * count:,.0f}, {100 * share:.1f} % of "
            f"them, and {100 * lowest_share:g} % are needed",
            cause="the new inputs lie where there are hardly any training examples, so a handful of these would decide "
            "everything.",
            remedy="collect pairs like the new inputs and train on them too, or go on from the model with them by "
            "`dragoman adapt`.",
        )
    return ImportanceWeights(weights, share, cap, float((log_ratio > math.log(cap)).mean()))
