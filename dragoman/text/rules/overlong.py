"""Sides and words too long to be sentences and words."""

from __future__ import annotations

import regex

from dragoman.text.placeholders import SURE_SYNTAX, PlaceholderSyntax

# A run of letters and digits. Scripts that put no space between words are left out: their runs are sentences.
_WORD = regex.compile(
    r"(?V1)[[\p{L}\p{M}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]]+"
)


def is_overlong(source: str, target: str, max_characters: int) -> bool:
    """A side has more than ``max_characters`` characters."""
    return max(len(source), len(target)) > max_characters


def has_overlong_word(source: str, target: str, max_characters: int, syntax: PlaceholderSyntax = SURE_SYNTAX) -> bool:
    """A side has a word of more than ``max_characters`` letters and digits, such as encoded data."""
    return any(_longest(side, max_characters, syntax) > max_characters for side in (source, target))


def _longest(text: str, limit: int, syntax: PlaceholderSyntax) -> int:
    if len(text) <= limit:
        return 0
    if max(map(len, text.split()), default=0) <= limit:
        return 0
    return max(map(len, _WORD.findall(syntax.without(text))), default=0)
