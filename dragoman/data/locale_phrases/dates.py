"""Days, weekdays, months and spans of days."""

from __future__ import annotations

import datetime
from random import Random

from babel import dates

from dragoman.data.locale_phrases.concept import Phrase

_FIRST, _LAST = datetime.date(1990, 1, 1), datetime.date(2035, 12, 31)


def any_day(random: Random) -> datetime.date:
    """A day of the years that strings usually speak of."""
    return _FIRST + datetime.timedelta(days=random.randrange((_LAST - _FIRST).days + 1))


def day(random: Random) -> Phrase:
    """7 May 2024."""
    chosen = any_day(random)
    return lambda locale: dates.format_date(chosen, "long", locale=locale)


def weekday(random: Random) -> Phrase:
    """Tuesday, 7 May 2024."""
    chosen = any_day(random)
    return lambda locale: dates.format_date(chosen, "full", locale=locale)


def span(random: Random) -> Phrase:
    """7 May to 9 June 2024."""
    first = any_day(random)
    last = first + datetime.timedelta(days=random.randrange(1, 90))
    return lambda locale: dates.format_interval(first, last, "yMMMd", locale=locale)
