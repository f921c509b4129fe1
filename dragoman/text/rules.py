"""What makes a sentence pair unfit for training. Each rule is one function of the two sides."""

from __future__ import annotations

from dragoman.text.normalization import is_visible

_RATIO_OFFSET = 10


def is_empty(source: str, target: str) -> bool:
    """A side has nothing visible: it is empty, or white space, control and format characters."""
    return not is_visible(source) or not is_visible(target)


def is_overlong(source: str, target: str, max_characters: int) -> bool:
    """A side has more than ``max_characters`` characters."""
    return max(len(source), len(target)) > max_characters


def is_uneven(source: str, target: str, max_ratio: float) -> bool:
    """One side is more than ``max_ratio`` times as long as the other.

    Lengths are UTF-8 bytes, which differ less between scripts than characters do, plus 10, so that short phrases pass.
    """
    shorter, longer = sorted((len(source.encode("utf-8", "replace")), len(target.encode("utf-8", "replace"))))
    return (longer + _RATIO_OFFSET) / (shorter + _RATIO_OFFSET) > max_ratio
