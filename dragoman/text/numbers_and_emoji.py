"""The numbers and emoji that a translation lost or invented.

Languages write one number in many ways: 1,000.5 is 1 000,5; 3 pm is 15:00; the 20th century is the XX.; 2 is two. What
is reported are digits that none of these explains, so that a report is nearly always a fault.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import regex

_CHAIN = regex.compile(r"\d+(?:[.,'’٫٬·:/\u00a0\u202f\u2009 -]\d+)*")
_RUN = regex.compile(r"\d+")
_MOST_JOINED = 6
"""Most runs of digits that separators may divide one number into."""
_MOST_IN_WORDS = 12
"""Numbers up to this, and round ones, are often written in words."""
_THOUSANDS = 3
_NOON = 12
_LAST_HOUR = 23
_ROMAN = regex.compile(r"\b[IVXLC]+(?=\b|\p{Ll}{1,3}\b)")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_SCALE = regex.compile(
    r"[万萬億亿만억千천百백]|\b(?:mil|mln|mio|mrd|bil|bln|tau|tho|tys|тыс|мил|млн|млрд)|tausend|million|\dk\b",
    regex.I,
)
_HAN_NUMERAL = regex.compile(r"[一二三四五六七八九十百千〇零两兩]")
_HALF_OF_DAY = regex.compile(r"(?i)\b[ap]\.?\s?m\b|\d[ap]m\b|午|오전|오후")


class ChangedNumbers(NamedTuple):
    """Numbers that only one side has, as they are written there.

    Attributes:
        lost: numbers of the source that the translation lacks.
        invented: numbers of the translation that the source lacks.
    """

    lost: tuple[str, ...]
    invented: tuple[str, ...]

    def __str__(self) -> str:
        parts = ["lost: " + ", ".join(self.lost)] if self.lost else []
        parts += ["not in the source: " + ", ".join(self.invented)] if self.invented else []
        return "; ".join(parts)


_NONE = ChangedNumbers((), ())


def changed_numbers(source: str, target: str) -> ChangedNumbers:
    """Find the numbers that were lost or invented between two texts, whose placeholders were removed before.

    A small or round number of the source is not lost where the translation has no digits at all: it is probably written
    in words there. A number behind a word and before a sign or the end, as in ``Step 2:``, or behind the first word, as
    in ``Page 2 was found``, is usually a name and no quantity, and stays in digits.

    >>> changed_numbers("Wait 15 minutes for 200 euros.", "Warten Sie 15 Minuten auf 300 Euro.")
    ChangedNumbers(lost=('200',), invented=('300',))
    """
    left, right = _runs(source), _runs(target)
    if left == right:
        return _NONE
    lost, invented = _missing(source, left, target, right), _missing(target, right, source, left)
    if not right:
        lost = tuple(run for run in lost if not _is_wordy(run) or _is_name(run, source))
    return ChangedNumbers(lost, invented)


_Runs = list[list[str]]
"""For each chain of digits with separators between them, its runs of digits in ASCII."""


def _runs(text: str) -> _Runs:
    return [
        ["".join(str(unicodedata.digit(digit)) for digit in run) for run in _RUN.findall(chain)]
        for chain in _CHAIN.findall(text)
    ]


def _missing(text: str, runs: _Runs, other: str, other_runs: _Runs) -> tuple[str, ...]:
    """The members of ``runs``, found in ``text``, that the other text has in no form."""
    known = {form for chain in other_runs for form in _forms(chain)}
    missing = [run for chain in runs for run in _uncovered(chain, known)]
    if not missing:
        return ()
    values = {int(run) for chain in other_runs for run in chain}
    romans = {_roman(word) for word in _ROMAN.findall(other)}
    halves = bool(_HALF_OF_DAY.search(text)) != bool(_HALF_OF_DAY.search(other))
    scaled = {form.rstrip("0") for form in known} if _SCALE.search(text) or _SCALE.search(other) else set()
    in_words = bool(_HAN_NUMERAL.search(other))

    def is_explained(run: str) -> bool:
        value = int(run)
        return (
            value in romans
            or (halves and value <= _LAST_HOUR and bool({value - _NOON, value + _NOON} & values))
            or (run.rstrip("0") in scaled or (run.strip("0") == "" and bool(scaled)))
            or any(_is_year_in_short(run, str(year)) or _is_year_in_short(str(year), run) for year in values)
            or (in_words and value < 100)
        )

    return tuple(dict.fromkeys(run for run in missing if not is_explained(run)))


def _forms(chain: list[str]) -> Iterator[str]:
    """Every number that adjacent runs may be part of, without leading zeros."""
    for begin in range(len(chain)):
        joined = ""
        for run in chain[begin : begin + _MOST_JOINED]:
            joined += run
            yield joined.lstrip("0")


def _uncovered(chain: list[str], known: set[str]) -> Iterator[str]:
    """The runs that are part of no known number; the longest numbers are tried first."""
    place = 0
    while place < len(chain):
        for end in range(min(len(chain), place + _MOST_JOINED), place, -1):
            if "".join(chain[place:end]).lstrip("0") in known:
                break
        else:
            end = place + 1
            run = chain[place]
            digits = run.rstrip("0")
            is_decimal = place > 0 and bool(digits) and any(form.rstrip("0") == digits for form in known)
            is_nothing = not run.strip("0") and (len(run) != _THOUSANDS or place == 0)
            if not is_decimal and not is_nothing:
                yield run
        place = end


def _is_wordy(run: str) -> bool:
    value = int(run)
    return (
        (value <= _MOST_IN_WORDS and len(run) < _THOUSANDS) or (0 < value <= 100 and value % 10 == 0) or value == 1000
    )


def _is_name(run: str, text: str) -> bool:
    """Whether a number is a name rather than a quantity, by its position."""
    before_a_sign = rf"\p{{L}}\p{{M}}*\s+{run}(?=\s*(?:[:;,.!?)\]…，、：。]|$)(?!\d))"
    behind_the_first_word = rf"^\P{{L}}*[\p{{L}}\p{{M}}]{{4,}}\s+{run}\s"
    return regex.search(f"{before_a_sign}|{behind_the_first_word}", text) is not None


def _is_year_in_short(short: str, year: str) -> bool:
    return len(short) == 2 and len(year) == 4 and year[:2] in ("18", "19", "20") and year.endswith(short)


def _roman(word: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in word]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))


# Characters that are pictures by themselves or by the selector behind them, with all that modifies and joins them.
_PART = r"(?:\p{Emoji_Presentation}|\p{Emoji}\uFE0F)(?:[\uFE0F\u20E3]|\p{Emoji_Modifier}|[\U000E0020-\U000E007F])*"
_EMOJI = regex.compile(rf"\p{{RI}}\p{{RI}}|{_PART}(?:\u200D(?:{_PART}|\p{{Extended_Pictographic}}\uFE0F?))*")


def changed_emoji(source: str, target: str) -> tuple[list[str], list[str]]:
    """The emoji that only the source has, and those that only the translation has, each as often as it is missing. A
    character that the other text has without the variation selector for emoji does not count as missing.

    >>> changed_emoji("Well done 🎉", "Gut gemacht 🙂")
    (['🎉'], ['🙂'])
    """
    if source.isascii() and target.isascii():
        return [], []
    left, right = emoji_of(source), emoji_of(target)
    return _missing_emoji(left, right, target), _missing_emoji(right, left, source)


def _missing_emoji(emoji: Counter[str], others: Counter[str], text: str) -> list[str]:
    plain = text.replace("\ufe0f", "")
    return [one for one in (emoji - others).elements() if one in others or one not in plain]


def emoji_of(text: str) -> Counter[str]:
    """Count each emoji; the variation selector for emoji makes no difference.

    >>> emoji_of("🎉🎉🙂")["🎉"]
    2
    """
    if text.isascii():
        return Counter()
    return Counter(found.replace("\ufe0f", "") for found in _EMOJI.findall(text))
