"""A picture of a line of text without the paper around it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, UInt8

_LEAST_SHARE = 0.6
"""Of the height that a line may take before paper is cut away above and below it."""
_SHARE = 0.7
"""Of the height that it takes then, from the top of its highest letter to the bottom of its lowest."""
_MARGIN = 0.3
"""Heights of the line that are left as paper before and behind it."""
_DARK = 0.5
"""How dark a pixel of ink is at least, between paper and the darkest."""
_SPECKS = 0.004
"""Share of a row or column that specks may take."""


def trimmed(picture: UInt8[np.ndarray, "C H W"]) -> UInt8[np.ndarray, "C h w"]:
    """The part of a picture that a line of dark or light ink stands in, with as much paper as a rendered line has.

    A photograph has paper around its line, and a model that reads 32 rows needs these for the letters. Rows and columns
    with more than a few pixels far from the paper's grey are ink. Where the line fills the picture already, or shadows
    reach its edges, there is nothing to cut.

    Args:
        picture: of 1 or 3 channels.
    """
    grey = picture.mean(axis=0, dtype=np.float32)
    ink = _ink(grey)
    rows, columns = _span(ink.mean(axis=1)), _span(ink.mean(axis=0))
    if rows is None or columns is None:
        return picture
    (top, bottom), (left, right) = rows, columns
    height, width = grey.shape
    line = bottom - top
    if line < _LEAST_SHARE * height:
        free = round(line * (1 / _SHARE - 1) / 2)
        top, bottom = max(0, top - free), min(height, bottom + free)
    else:
        top, bottom = 0, height
    margin = max(1, round(_MARGIN * line))
    return picture[:, top:bottom, max(0, left - margin) : min(width, right + margin)]


def _ink(grey: Float[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    """Which pixels are farther from the paper's grey, the median, than halfway to the one that is farthest."""
    distance = np.abs(grey - np.median(grey))
    most = float(np.quantile(distance, 0.995))
    return distance > _DARK * most if most > 0 else np.zeros(grey.shape, dtype=np.bool_)


def _span(shares: Float[np.ndarray, " n"]) -> tuple[int, int] | None:
    """From the first to behind the last with ink; None if there is none."""
    found = np.flatnonzero(shares > _SPECKS)
    return (int(found[0]), int(found[-1]) + 1) if len(found) else None
