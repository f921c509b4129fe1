"""Text in another script than its language is written in."""

from __future__ import annotations

from collections.abc import Callable

import regex

from dragoman.text.language import script_of
from dragoman.text.placeholders import without_placeholders

_FEWEST_LETTERS = 4
_SCRIPTS = {
    "Hans": r"\p{Han}\p{Bopomofo}",
    "Hant": r"\p{Han}\p{Bopomofo}",
    "Jpan": r"\p{Han}\p{Hiragana}\p{Katakana}ー",
    "Kore": r"\p{Hangul}\p{Han}",
}


def wrong_script(source_language: str, target_language: str) -> Callable[[str, str], bool]:
    """The rule for two languages: a side has four or more foreign letters, and more of them than of its own.

    Latin words that both sides share, such as brands, are not judged, nor is a language whose script is unknown.
    """
    left, right = _foreign_letters(source_language), _foreign_letters(target_language)

    def rule(source: str, target: str) -> bool:
        return _is_foreign(source, target, left) or _is_foreign(target, source, right)

    return rule


def _foreign_letters(language: str) -> regex.Pattern[str] | None:
    """Matches each run of letters that are not of the language's script."""
    script = script_of(language)
    if script is None:
        return None
    own = _SCRIPTS.get(script, rf"\p{{Script={script}}}")
    return regex.compile(rf"(?V1)[\p{{L}}--[{own}\p{{Script=Zyyy}}\p{{Script=Zinh}}]]+")


_LETTERS = regex.compile(r"\p{L}+")
_LATIN_LETTERS = regex.compile(r"\p{Latin}+")
_LATIN_PROBE = "a"


def _is_foreign(text: str, other: str, foreign: regex.Pattern[str] | None) -> bool:
    if foreign is None or (text.isascii() and not foreign.match(_LATIN_PROBE)):
        return False
    found = foreign.findall(text)
    if not found or not _outweigh(found, text, found):
        return False
    rest = without_placeholders(text)
    found = foreign.findall(rest)
    shared = {run.casefold() for run in _LATIN_LETTERS.findall(other)}
    return _outweigh([run for run in found if run.casefold() not in shared], rest, found)


def _outweigh(judged: list[str], text: str, foreign: list[str]) -> bool:
    """Whether the judged ones of the foreign runs have more letters than all that is not foreign."""
    count = sum(map(len, judged))
    own = sum(map(len, _LETTERS.findall(text))) - sum(map(len, foreign))
    return count >= _FEWEST_LETTERS and count > own
