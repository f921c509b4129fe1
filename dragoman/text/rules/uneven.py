"""Sides of very different length."""

from __future__ import annotations

_OFFSET = 20


def is_uneven(source: str, target: str, max_ratio: float) -> bool:
    """One side is more than ``max_ratio`` times as long as the other.

    Lengths are UTF-8 bytes, which differ less between scripts than characters do, plus 20, so that a short
    word or an abbreviation may stand for a phrase.
    """
    left, right = _OFFSET + len(source.encode("utf-8", "replace")), _OFFSET + len(target.encode("utf-8", "replace"))
    return left > max_ratio * right or right > max_ratio * left
