"""Sides and words too long to be sentences and words."""

from __future__ import annotations

import regex

from dragoman.text.placeholders import without_placeholders

# Scripts that put no space between words: their runs are sentences, not words.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]+")


def is_overlong(source: str, target: str, max_characters: int) -> bool:
    """A side has more than ``max_characters`` characters."""
    return max(len(source), len(target)) > max_characters


def has_overlong_word(source: str, target: str, max_characters: int) -> bool:
    """A side has a word of more than ``max_characters`` characters, such as encoded data or text without its spaces."""
    return _longest(source, max_characters) > max_characters or _longest(target, max_characters) > max_characters


def _longest(text: str, limit: int) -> int:
    if len(text) <= limit:
        return 0
    longest = max(map(len, text.split()), default=0)
    if longest <= limit:
        return longest
    return max(map(len, _UNSPACED.sub(" ", without_placeholders(text)).split()), default=0)
