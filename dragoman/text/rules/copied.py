"""The cleaning rule on targets that were not translated."""

from __future__ import annotations

import regex

from dragoman.text.normalization import match_key
from dragoman.text.placeholders import SURE_SYNTAX, PlaceholderSyntax
from dragoman.text.prose import is_prose, split_prose

# In scripts without spaces each character counts as a word.
_UNSPACED = regex.compile(r"\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Thai}|\p{Lao}|\p{Khmer}|\p{Myanmar}")
_SMALL_WORD = regex.compile(r"[\p{Ll}\p{Lo}][\p{L}\p{M}]+")


def is_copied(source: str, target: str, max_words: int, syntax: PlaceholderSyntax = SURE_SYNTAX) -> bool:
    """Whether the target is the source, case and outer punctuation aside, and reads as a sentence of more than
    ``max_words`` words.

    Names and titles, lists of technical terms, commands, code, addresses and loan words are copied rightly, and so is
    what another language writes alike but for its capitals: where these differ inside the sentence, someone translated.
    So only different words in small letters count, with the one before the first of them, which begins the sentence, in
    scripts that have small letters; all words count where everything is in capitals. Code and lists are not judged (see
    :func:`~dragoman.text.prose.is_prose`).

    >>> sentence = "this sentence was never translated"
    >>> is_copied(sentence, sentence, max_words=3), is_copied("sudo apt install", "sudo apt install", max_words=3)
    (True, False)
    """
    if source != target and match_key(source) != match_key(target):
        return False
    if source != target and _has_other_capitals(source, target):
        return False
    words, code = split_prose(source, syntax)
    return is_prose(source, words, code) and _count(words) > max_words


def _has_other_capitals(source: str, target: str) -> bool:
    """Whether some words behind the first, but not all, begin with a capital on one side only."""
    sides = [text.split()[1:] for text in (source, target)]
    other = sum(left[0].isupper() != right[0].isupper() for left, right in zip(*sides, strict=False))
    return len(sides[0]) == len(sides[1]) and 0 < other < len(sides[0])


def _count(words: list[str]) -> int:
    unspaced = sum(len(_UNSPACED.findall(word)) for word in words)
    if unspaced:
        return unspaced
    small = [place for place, word in enumerate(words) if _SMALL_WORD.match(word)]
    if not small:
        return len(words) if len(words) > 1 and all(map(str.isupper, words)) and _reads_as_text(words) else 0
    return len({words[place] for place in small}) + (small[0] == 1)


def _reads_as_text(words: list[str]) -> bool:
    """Whether capitals are the style of a text and not of abbreviations, which are short."""
    return sum(map(len, words)) > 5 * len(words)
