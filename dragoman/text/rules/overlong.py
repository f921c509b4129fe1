"""Sides and words too long to be sentences and words."""

from __future__ import annotations

import regex

from dragoman.text.placeholders import without_placeholders

# A run of letters and digits. Scripts that put no space between words are left out: their runs are sentences.
_WORD = regex.compile(
    r"(?V1)[[\p{L}\p{M}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]]+"
)


def is_overlong(source: str, target: str, max_characters: int) -> bool:
    """A side has more than ``max_characters`` characters."""
    return max(len(source), len(target)) > max_characters


def has_overlong_word(source: str, target: str, max_characters: int) -> bool:
    """A side has a word of more than ``max_characters`` letters and digits, such as encoded data."""
    return _longest(source, max_characters) > max_characters or _longest(target, max_characters) > max_characters


def _longest(text: str, limit: int) -> int:
    if len(text) <= limit:
        return 0
    if max(map(len, text.split()), default=0) <= limit:
        return 0
    return max(map(len, _WORD.findall(without_placeholders(text))), default=0)
