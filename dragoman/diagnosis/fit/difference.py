"""How far off the difference of two losses is that were measured on the same examples."""

from __future__ import annotations

import math

CORRELATION = 0.8
"""Of the losses that two models of one task have on the same examples: what is hard for one is hard for the other. The
examples' own losses are not kept, so this is presumed."""


def difference_error(one: float | None, other: float | None) -> float:
    """Standard error of the difference, from those of the two losses; 0 where neither is known."""
    a, b = (one if one is not None else other) or 0.0, (other if other is not None else one) or 0.0
    return math.sqrt(max(a * a + b * b - 2 * CORRELATION * a * b, 0.0))
