"""The cleaning rule on text in another script than that of its language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import regex

from dragoman.text.language import script_of
from dragoman.text.placeholders import SURE_SYNTAX, PlaceholderSyntax
from dragoman.text.prose import without_markup

_FEWEST_LETTERS = 4
_LONGEST_ABBREVIATION = 5
_LONGEST_SYMBOL = 2
_LATIN_WEIGHT = 0.1
_DENSE = {
    "Hans": r"\p{Han}\p{Bopomofo}",
    "Hant": r"\p{Han}\p{Bopomofo}",
    "Jpan": r"\p{Han}\p{Hiragana}\p{Katakana}ー",
    "Kore": r"\p{Hangul}\p{Han}",
}


@dataclass(frozen=True, slots=True)
class _Script:
    """The script of a language.

    Attributes:
        foreign: pattern of runs of letters of other scripts.
        is_dense: whether one character carries as much information as several Latin letters.
    """

    foreign: regex.Pattern[str]
    is_dense: bool


def wrong_script(
    source_language: str, target_language: str, syntax: PlaceholderSyntax = SURE_SYNTAX
) -> Callable[[str, str], bool]:
    """Make the rule for two languages: whether a side has four or more foreign letters, and more of them than of its
    own.

    Beside Chinese, Japanese and Korean characters ten Latin letters count as one, as brands and technical words keep
    them. Latin words that the other side has too, be it as a part of a word, are not judged, nor are abbreviations in
    capitals, single letters and pairs of them that the other side has too, nor a language whose script is unknown.

    >>> rule = wrong_script("en", "ru")
    >>> rule("Good morning", "See you tomorrow"), rule("Good morning", "Доброе утро")
    (True, False)
    """
    left, right = _script(source_language), _script(target_language)

    def rule(source: str, target: str) -> bool:
        return _is_foreign(source, target, left, syntax) or _is_foreign(target, source, right, syntax)

    return rule


def foreign_letters(language: str) -> regex.Pattern[str] | None:
    """A pattern of runs of letters that are not of the language's script; None where its script is unknown.

    >>> foreign_letters("en").findall("abc где")
    ['где']
    """
    script = _script(language)
    return None if script is None else script.foreign


def _script(language: str) -> _Script | None:
    name = script_of(language)
    if name is None:
        return None
    own = _DENSE.get(name, rf"\p{{Script={name}}}")
    foreign = regex.compile(rf"(?V1)[\p{{L}}--[{own}\p{{Script=Zyyy}}\p{{Script=Zinh}}]]+")
    return _Script(foreign, name in _DENSE)


_LETTERS = regex.compile(r"\p{L}+")
_LATIN_LETTERS = regex.compile(r"\p{Latin}+")
_LATIN_PROBE = "a"


def _is_foreign(text: str, other: str, script: _Script | None, syntax: PlaceholderSyntax) -> bool:
    if script is None or (text.isascii() and not script.foreign.match(_LATIN_PROBE)):
        return False
    found = script.foreign.findall(text)
    if not found or not _outweigh(found, text, found, script):
        return False
    rest = without_markup(text, syntax)
    found = script.foreign.findall(rest)
    shared = "".join(_LATIN_LETTERS.findall(other)).casefold()
    runs = set(_LETTERS.findall(other))
    judged = [run for run in found if run.casefold() not in shared and not _is_symbol(run, runs)]
    return _outweigh(judged, rest, found, script)


def _is_symbol(run: str, others: set[str]) -> bool:
    """Whether a run of letters is an abbreviation, or stands for itself, as letters of an alphabet do in a list."""
    return (run.isupper() and len(run) <= _LONGEST_ABBREVIATION) or (len(run) <= _LONGEST_SYMBOL and run in others)


def _outweigh(judged: list[str], text: str, foreign: list[str], script: _Script) -> bool:
    """Whether the judged foreign runs have more letters than the text has letters of its own script."""
    count = sum(map(len, judged))
    own = sum(map(len, _LETTERS.findall(text))) - sum(map(len, foreign))
    latin = sum(len(run) for run in judged if _LATIN_LETTERS.match(run)) if script.is_dense else 0
    return count >= _FEWEST_LETTERS and count - latin * (1 - _LATIN_WEIGHT) > own
