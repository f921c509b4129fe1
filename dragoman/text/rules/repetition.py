"""The cleaning rule on repetitive text, as broken crawls and looping translators produce it."""

from __future__ import annotations

import regex

_FEWEST_WORDS = 8
_FEWEST_CHARACTERS = 24
_DISTINCT_SHARE = 0.25
_UNIT = 3
_SIGNS = regex.compile(r"[^\p{L}\p{M}\p{N}\s]+")


def is_repetitive(source: str, target: str) -> bool:
    """Whether a longer side has few distinct parts: words, or runs of three characters where there are no spaces.

    Lines, leaders and borders of tables repeat signs, not words, and pass.

    >>> is_repetitive("again and " * 20, "immer wieder")
    True
    """
    return _repeats(source) or _repeats(target)


def _repeats(text: str) -> bool:
    return _has_few_parts(text) and _has_few_parts(" ".join(_SIGNS.sub(" ", text).split()))


def _has_few_parts(text: str) -> bool:
    if len(text) < _FEWEST_CHARACTERS:
        return False
    words = text.split()
    if len(words) >= _FEWEST_WORDS:
        return len(set(words)) <= _DISTINCT_SHARE * len(words)
    parts = len(text) - _UNIT + 1
    return len({text[place : place + _UNIT] for place in range(parts)}) <= _DISTINCT_SHARE * parts
