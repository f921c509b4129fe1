"""Mean and standard deviation, with which numbers are standardised."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64


def mean_and_deviation(values: Float64[np.ndarray, " n"]) -> tuple[float, float]:
    """Mean and standard deviation (of the values, not of what they are a sample of); 1 for one that would be 0.

    Args:
        values: at least one, all finite.
    """
    if values.min() == values.max():
        return float(values[0]), 1.0
    # Squares of very large or very small numbers would leave what a float can hold; a power of 2 costs no precision.
    scale = math.ldexp(1.0, math.frexp(float(np.abs(values).max()))[1] - 1)
    deviation = float(np.std(values / scale)) * scale
    return float(np.mean(values / scale)) * scale, deviation or 1.0
