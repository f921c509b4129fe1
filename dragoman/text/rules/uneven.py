"""Sides of very different length."""

from __future__ import annotations

import re

_OFFSET = 32
_WIDE = re.compile("[\u2e80-\U0010ffff]")
_WIDTH = 3


def is_uneven(source: str, target: str, max_ratio: float) -> bool:
    """One side is more than ``max_ratio`` times as long as the other.

    Lengths are characters, those of Chinese, Japanese and Korean (from U+2E80 on) times 3, as they say more, plus 32,
    so that an abbreviation or a short word may stand for a phrase, while of long texts, whose lengths vary less, a
    ratio near ``max_ratio`` counts.
    """
    left, right = _OFFSET + _length(source), _OFFSET + _length(target)
    return left > max_ratio * right or right > max_ratio * left


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text) + (_WIDTH - 1) * len(_WIDE.findall(text))
