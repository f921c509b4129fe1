"""A picture of a line of text without the paper around it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, UInt8

_LEAST_SHARE = 0.6
"""Paper is cut away above and below a line that takes a smaller share of the height than this."""
_SHARE = 0.7
"""The share of the height that the line takes then, from the top of its highest letter to the bottom of its lowest."""
_MARGIN = 0.3
"""The width of the paper that is left before and behind the line, in heights of the line."""
_DARK = 0.5
"""The least darkness of a pixel of ink, from 0 for paper to 1 for the darkest pixel."""
_SPECKS = 0.004
"""The share of a row or column that specks may take."""


def trimmed(picture: UInt8[np.ndarray, "C H W"]) -> UInt8[np.ndarray, "C h w"]:
    """The part of a picture that holds a line of dark or light ink, with as much paper as a rendered line has.

    A photograph has paper around its line, but a model that reads 32 rows needs them all for the letters. A row or
    column belongs to the line if more than a few of its pixels are far from the paper's grey. Nothing is cut where the
    line fills the picture already, or where shadows reach its edges.

    >>> photograph = np.full((1, 100, 200), 220, dtype=np.uint8)
    >>> photograph[:, 40:60, 50:150] = 20  # a line 20 pixels high
    >>> trimmed(photograph).shape
    (1, 28, 112)

    Args:
        picture: a picture of 1 or 3 channels.
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
    """Which pixels differ from the paper's grey, the median, by more than half of the largest difference."""
    distance = np.abs(grey - np.median(grey))
    most = float(np.quantile(distance, 0.995))
    return distance > _DARK * most if most > 0 else np.zeros(grey.shape, dtype=np.bool_)


def _span(shares: Float[np.ndarray, " n"]) -> tuple[int, int] | None:
    """The first row or column with ink, and the one behind the last; None if there is no ink."""
    found = np.flatnonzero(shares > _SPECKS)
    return (int(found[0]), int(found[-1]) + 1) if len(found) else None
