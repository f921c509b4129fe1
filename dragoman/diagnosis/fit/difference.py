"""Standard error of the difference between two losses on the same examples."""

from __future__ import annotations

import math

CORRELATION = 0.8
"""Assumed correlation between the losses of two models of one task on the same examples: what is hard for one model is
hard for the other. It is assumed because the losses of single examples are not kept."""


def difference_error(one: float | None, other: float | None) -> float:
    """Standard error of the difference between two losses, from their own standard errors; 0 where neither is known.

    >>> round(difference_error(0.1, 0.1), 3), difference_error(None, None)
    (0.063, 0.0)
    """
    a, b = (one if one is not None else other) or 0.0, (other if other is not None else one) or 0.0
    return math.sqrt(max(a * a + b * b - 2 * CORRELATION * a * b, 0.0))
