"""What a model is expected to achieve on new examples, from the results on old ones, each weighted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

FEWEST = 30
"""Fewest examples that a weighted mean has to be worth; with fewer, its error cannot be estimated either."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A mean over weighted examples.

    Attributes:
        value: the mean.
        error: standard error of the mean.
        effective: number of examples that it is worth, (Σw)² / Σw² (Kish 1965), if they cover all that they stand for.
    """

    value: float
    error: float
    effective: float

    @property
    def known(self) -> bool:
        """Whether enough examples speak for the mean."""
        return self.effective >= FEWEST and math.isfinite(self.value)


def weighted_mean(
    values: Float[np.ndarray, " n"] | Bool[np.ndarray, " n"],
    weights: Float[np.ndarray, " n"] | None = None,
    *,
    coverage: float = 1.0,
) -> Expectation:
    """The self-normalised mean Σwv / Σw with its standard error (Owen 2013, eq. 9.8).

    >>> found = weighted_mean(np.array([1.0, 3.0]), np.array([3.0, 1.0]))
    >>> found.value, round(found.effective, 2)
    (1.5, 1.6)

    Args:
        values: a result for each example, such as its loss, or whether it was predicted right.
        weights: weight of each example, at least 0 and not all 0; equal ones if None.
        coverage: share of what they stand for that they can stand for, by which their worth is multiplied.
    """
    numbers = values.astype(np.float64)
    used = np.ones(len(numbers)) if weights is None else weights.astype(np.float64)
    shares = used / used.sum()
    mean = float(shares @ numbers)
    error = float(np.sqrt(np.square(shares * (numbers - mean)).sum()))
    return Expectation(mean, error, coverage * float(1 / np.square(shares).sum()))
