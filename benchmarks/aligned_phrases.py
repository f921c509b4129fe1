"""Parallel phrases whose word links are known, because they are made of parts that are each other's translation.

A phrase is a row of parts: countries, languages, quantities, durations, weekdays and months, in the words of the CLDR.
The source has them in any order; the target has them in an order of kinds of its own, so that a phrase has to be
reordered, and parts of one kind keep their order. A part of one word on either side gives sure links to all words of
the other; the number of a quantity is linked to the number; between several words on both sides every link is possible
and none is sure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from babel import Locale

from dragoman.alignment.links import Link
from dragoman.data.locale_phrases.concept import Kind, NotInLocaleError
from dragoman.data.locale_phrases.names import any_country, any_language
from dragoman.data.locale_phrases.units import duration, quantity


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """A phrase, its translation, and the links of their words.

    Attributes:
        source: the source phrase.
        target: translation of the source phrase.
        sure: links that an alignment must have.
        possible: links that it may have besides.
    """

    source: str
    target: str
    sure: set[Link]
    possible: set[Link]


def aligned_phrases(source_language: str, target_language: str, pairs: int, seed: int) -> list[AlignedPair]:
    """Distinct phrases with their links, the same for the same arguments."""
    source, target = Locale.parse(source_language), Locale.parse(target_language)
    random = Random(f"{seed} {source} {target}")
    found: dict[str, AlignedPair] = {}
    while len(found) < pairs:
        chosen = random.choices(range(len(_KINDS)), k=random.randint(2, 4))
        try:
            parts = [_written(_KINDS[kind](random), source, target) for kind in chosen]
        except NotInLocaleError:
            continue
        pair = _joined(parts, sorted(range(len(parts)), key=lambda place: chosen[place]))
        found.setdefault(pair.source, pair)
    return list(found.values())


_Written = tuple[list[str], list[str]]
"""The words of a part in both languages."""


def _written(phrase: Callable[[Locale], str], source: Locale, target: Locale) -> _Written:
    return phrase(source).split(), phrase(target).split()


def _joined(parts: list[_Written], order: list[int]) -> AlignedPair:
    """The phrase of parts in their order in the source, and the places of parts in the order of the target."""
    starts, words = [], 0
    for source, _ in parts:
        starts.append(words)
        words += len(source)
    target_words: list[str] = []
    sure: set[Link] = set()
    possible: set[Link] = set()
    for place in order:
        source, target = parts[place]
        for own, sources, targets in _blocks(source, target):
            links = {(starts[place] + s, len(target_words) + t) for s in sources for t in targets}
            (sure if own else possible).update(links)
        target_words += target
    return AlignedPair(" ".join(word for source, _ in parts for word in source), " ".join(target_words), sure, possible)


def _blocks(source: list[str], target: list[str]) -> list[tuple[bool, list[int], list[int]]]:
    """Words of a part that belong together, with whether their links are sure."""
    numbers = [[place for place, word in enumerate(side) if word[0].isdigit()] for side in (source, target)]
    rest = [[place for place, word in enumerate(side) if not word[0].isdigit()] for side in (source, target)]
    blocks = [(min(len(sources), len(targets)) == 1, sources, targets) for sources, targets in (numbers, rest)]
    return [block for block in blocks if block[1] and block[2]]


def _weekday(random: Random) -> Callable[[Locale], str]:
    day = random.randrange(7)
    return lambda locale: str(locale.days["stand-alone"]["wide"][day])


def _month(random: Random) -> Callable[[Locale], str]:
    month = random.randint(1, 12)
    return lambda locale: str(locale.months["stand-alone"]["wide"][month])


_KINDS: list[Kind] = [_weekday, quantity, any_language, duration, _month, any_country]
"""The kinds of parts, in the order of the target."""
