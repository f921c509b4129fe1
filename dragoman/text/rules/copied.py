"""A target that was never translated."""

from __future__ import annotations

import regex

from dragoman.text.normalization import match_key
from dragoman.text.placeholders import without_placeholders

# In scripts without spaces each character counts as a word.
_WORD = regex.compile(r"\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Thai}|\p{L}[\p{L}\p{M}]*")


def is_copied(source: str, target: str, max_words: int) -> bool:
    """The target is the source, case and outer punctuation aside, and has more than ``max_words`` words.

    Shorter copies are names, brands and loan words; numbers and placeholders are no words.
    """
    if source != target and match_key(source) != match_key(target):
        return False
    return len(_WORD.findall(without_placeholders(source))) > max_words
