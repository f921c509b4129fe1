"""Pre-tokenization: cutting text into parts that no symbol ever spans."""

from __future__ import annotations

import regex
from tokenizers import Regex, pre_tokenizers

_DIGITS = {True: r" ?\p{N}", False: r" ?\p{N}+"}
_LETTERS = r" ?\p{L}[\p{L}\p{M}]*"
# Where scripts put no spaces: one Han character, a run of Hiragana or of Katakana. The sign ー lengthens either.
_UNSPACED = r" ?\p{Han}| ?\p{Hiragana}[\p{Hiragana}ー]*| ?\p{Katakana}[\p{Katakana}ー]*"
_OTHER_LETTERS = r" ?[^\P{L}\p{Han}\p{Hiragana}\p{Katakana}](?:[^\P{L}\p{Han}\p{Hiragana}\p{Katakana}]|\p{M})*"


def pattern(*, single_digits: bool, words: bool = False) -> str:
    """A regular expression whose matches are the parts of a text, in a syntax that both libraries understand.

    >>> regex.findall(pattern(single_digits=True), "See page 12.")
    ['See', ' page', ' 1', '2', '.']

    Letters with their combining marks; digits; other visible characters one by one, so that no symbol longer than a
    character can spell a byte such as ``<0x41>``; white space, of which a last space is left to what follows it.

    Args:
        single_digits: whether each digit is a part of its own.
        words: whether runs of letters in scripts without spaces are cut further, as far as possible without a
            dictionary.
    """
    letters = f"{_UNSPACED}|{_OTHER_LETTERS}|{_LETTERS}" if words else _LETTERS
    return rf"{letters}|{_DIGITS[single_digits]}| ?[^\s\p{{L}}\p{{N}}]|\s+(?!\S)|\s+"


def pre_tokenizer(expression: str) -> pre_tokenizers.PreTokenizer:
    """The library's pre-tokenizer that cuts by ``expression``."""
    return pre_tokenizers.Split(Regex(expression), "isolated")


def cutter(expression: str) -> regex.Pattern[str]:
    """A compiled pattern that finds the same parts in Python."""
    return regex.compile(expression)
