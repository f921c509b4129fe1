"""Contributions as text: signed numbers, bars and shades, as a terminal shows them."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64

from dragoman.reports.text import signed

_BAR = 20
_COLUMNS = 78
_FOR, _AGAINST = " ░▒▓█", " ·:÷#"


def value_text(value: float) -> str:
    """A number with three significant digits, or more before the point.

    >>> value_text(0.123456), value_text(-12345.6)
    ('0.123', '−12,346')
    """
    return contribution_text(value).removeprefix("+")


def contribution_text(value: float) -> str:
    """A contribution with its sign and three significant digits, or as many as tell it from 0.

    >>> contribution_text(0.123456), contribution_text(-12345.6), contribution_text(0.0)
    ('+0.123', '−12,346', '0')
    """
    if not math.isfinite(value):
        return "not finite"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return signed(f"{value:+,.{digits}f}" if digits <= 6 else f"{value:+.1e}")


def bar(value: float, largest: float) -> str:
    """A bar of a length that is proportional to a contribution: full blocks if it is positive, light ones if not.

    >>> bar(1.0, 2.0), bar(-0.5, 2.0), bar(0.0, 0.0)
    ('██████████', '░░░░░', '')
    """
    length = round(_BAR * abs(value) / largest) if largest > 0 else 0
    return ("█" if value > 0 else "░") * length


def shades(contributions: Float64[np.ndarray, "H W"]) -> list[str]:
    """A map of contributions as lines of characters, each for a few pixels, twice as high as wide.

    Blocks are positive sums, dots and other signs are negative ones; the darker, the larger.

    >>> shades(np.array([[1.0, 0.0, -1.0], [1.0, 0.0, -1.0]]))
    ['█ #']
    """
    height, width = contributions.shape
    step = max(1, math.ceil(width / _COLUMNS))
    rows, columns = math.ceil(height / (2 * step)), math.ceil(width / step)
    padded = np.zeros((rows * 2 * step, columns * step))
    padded[:height, :width] = contributions
    sums = padded.reshape(rows, 2 * step, columns, step).sum(axis=(1, 3))
    largest = float(np.abs(sums).max(initial=0.0)) or 1.0
    levels = np.rint(4 * np.abs(sums) / largest).astype(np.int64)
    return [
        "".join((_FOR if value > 0 else _AGAINST)[level] for value, level in zip(values, of_row, strict=True)).rstrip()
        for values, of_row in zip(sums.tolist(), levels.tolist(), strict=True)
    ]
