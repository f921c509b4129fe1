"""The cleaning rule on numbers that only one side has."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from dragoman.text.placeholders import SURE_SYNTAX, PlaceholderSyntax
from dragoman.text.prose import without_markup

_DIGIT = re.compile(r"\d")
_LEAST_SHARE = 0.5
_SECTION = re.compile(r"([\w.-]+) ?\(\d\w{0,3}\)")
"""A reference to a manual page, as in ``sync(8)``, whose section translators correct where it was wrong."""
_NUMBER = re.compile(r"[1-9]\d*")
_AFTERNOON = re.compile(r"\b(1[01]|0?[1-9])((?:[:.]\d\d)?)(?=\s?p\.?\s?m\b)", re.IGNORECASE)
_HOURS_BEFORE = 12
_MONTH = re.compile(r"(?<!\d)(?:1[0-2]|0?[1-9])(?=\s?[月월])|(?<=\d\.)\s?(?:1[0-2]|0?[1-9])\.(?=\D|$|\s?\d{4}(?!\d))")
"""A month written as a number: 12月, 5.12."""
_DECADE = re.compile(r"(?<![\d.,:/-])([1-9]0)(?=(?:['’]?s|er|ers|erne?|-?talet|-[хе])\b)|['’]([1-9]0)s\b")


def differs_in_numbers(source: str, target: str, syntax: PlaceholderSyntax = SURE_SYNTAX) -> bool:
    """Whether both sides have digits other than 0, of which fewer than half agree, in any order.

    Single digits are compared, so that 1,000.5 equals 1 000,5; zeros are left out, as 9 a.m. may be 09:00. A side
    without digits may have its numbers in words and passes. (The non-zero numerals score of OpusFilter, Aulamo et al.
    2020, as a share of common digits.)

    Digits that differ are compared again without those in placeholders, tags, URLs and entities, and without the
    sections of manuals that both sides name, also in other readings: each number once, as a language may repeat one;
    hours of the afternoon as on a clock of 24 hours (5 p.m. is 17:00), and decades as years (the 90s are 1990er);
    without months, which may be written as words (5.12. is December 5).

    >>> differs_in_numbers("Open at 9 a.m.", "Ab 09:00 Uhr"), differs_in_numbers("Page 12", "Seite 34")
    (False, True)
    """
    left, right = _DIGIT.findall(source), _DIGIT.findall(target)
    if not left or not right or left == right or not _differ(_numerals(left), _numerals(right)):
        return False
    plain, other = without_markup(source, syntax), without_markup(target, syntax)
    pages = set(_SECTION.findall(plain)) & set(_SECTION.findall(other))
    readings, others = _readings(plain, pages), _readings(other, pages)
    return all(_differ(one, two) for one in readings for two in others)


def _differ(numbers: Counter[int], others: Counter[int]) -> bool:
    if not numbers or not others:
        return False
    return (numbers & others).total() < _LEAST_SHARE * max(numbers.total(), others.total())


def _readings(text: str, pages: set[str]) -> list[Counter[int]]:
    """The digits of a text in the ways in which its numbers may be written in another language."""
    plain = _SECTION.sub(lambda match: " " if match.group(1) in pages else match.group(), text)
    changed = _DECADE.sub(lambda match: f"19{match.group(1) or match.group(2)}", plain)
    changed = _AFTERNOON.sub(lambda match: f"{int(match.group(1)) + _HOURS_BEFORE}{match.group(2)}", changed)
    once = " ".join(dict.fromkeys(_NUMBER.findall(plain)))
    ways = dict.fromkeys((plain, changed, _MONTH.sub(" ", plain), once))
    return [_numerals(_DIGIT.findall(way)) for way in ways]


def _numerals(digits: list[str]) -> Counter[int]:
    """The count of each digit from 1 to 9, in any script."""
    counts = Counter(unicodedata.digit(digit, 0) for digit in digits)
    del counts[0]
    return counts
