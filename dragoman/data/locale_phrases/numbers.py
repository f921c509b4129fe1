"""Numbers and shares."""

from __future__ import annotations

from random import Random

from babel import numbers

from dragoman.data.locale_phrases.concept import Phrase


def any_count(random: Random) -> int:
    """A whole number up to 9,999; small ones more often."""
    return random.randrange(1, 10 ** random.randint(1, 4))


def number(random: Random) -> Phrase:
    """12,345.6."""
    chosen = random.randrange(1, 1_000_000) / random.choice((1, 10, 100))
    return lambda locale: numbers.format_decimal(chosen, locale=locale)


def share(random: Random) -> Phrase:
    """25 %."""
    chosen = random.randrange(1, 200) / 100
    return lambda locale: numbers.format_percent(chosen, locale=locale)
