"""The cleaning rules on empty sides, on sides and words that are too long, and on sides of very different length."""

from __future__ import annotations

import re

import regex

from dragoman.text.normalization import is_visible
from dragoman.text.placeholders import SURE_SYNTAX, PlaceholderSyntax


def is_empty(source: str, target: str) -> bool:
    """Whether a side has no visible characters: only white space, control and format characters, or nothing.

    >>> is_empty("Hello", " ")
    True
    """
    return not is_visible(source) or not is_visible(target)


# A run of letters and digits. Scripts that put no space between words are left out: their runs are sentences.
_WORD = regex.compile(
    r"(?V1)[[\p{L}\p{M}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]]+"
)


def is_overlong(source: str, target: str, max_characters: int) -> bool:
    """Whether a side has more than ``max_characters`` characters.

    >>> is_overlong("long" * 10, "kurz", max_characters=20)
    True
    """
    return max(len(source), len(target)) > max_characters


def has_overlong_word(source: str, target: str, max_characters: int, syntax: PlaceholderSyntax = SURE_SYNTAX) -> bool:
    """Whether a side has a word of more than ``max_characters`` letters and digits, such as encoded data.

    >>> has_overlong_word("a" * 100, "b", max_characters=60)
    True
    """
    return any(_longest(side, max_characters, syntax) > max_characters for side in (source, target))


def _longest(text: str, limit: int, syntax: PlaceholderSyntax) -> int:
    if len(text) <= limit:
        return 0
    if max(map(len, text.split()), default=0) <= limit:
        return 0
    return max(map(len, _WORD.findall(syntax.without(text))), default=0)


_OFFSET = 32
_WIDE = re.compile("[\u2e80-\U0010ffff]")
_WIDTH = 3


def is_uneven(source: str, target: str, max_ratio: float) -> bool:
    """Whether one side is more than ``max_ratio`` times as long as the other.

    Lengths are characters, those of Chinese, Japanese and Korean (from U+2E80 on) times 3, as they say more, plus 32,
    so that an abbreviation or a short word may stand for a phrase, while of long texts, whose lengths vary less, a
    ratio near ``max_ratio`` counts.

    >>> is_uneven("word " * 100, "Wort", max_ratio=2.5), is_uneven("OK", "In Ordnung", max_ratio=2.5)
    (True, False)
    """
    left, right = _OFFSET + _length(source), _OFFSET + _length(target)
    return left > max_ratio * right or right > max_ratio * left


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text) + (_WIDTH - 1) * len(_WIDE.findall(text))
