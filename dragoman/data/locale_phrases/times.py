"""Times of day, and moments."""

from __future__ import annotations

import datetime
from random import Random

from babel import Locale, dates

from dragoman.data.locale_phrases.concept import Phrase
from dragoman.data.locale_phrases.dates import any_day


def any_time(random: Random) -> datetime.time:
    """A time at five past, ten past, and so on."""
    return datetime.time(random.randrange(24), 5 * random.randrange(12))


def time(random: Random) -> Phrase:
    """3:05 in the afternoon."""
    chosen = any_time(random)
    return lambda locale: dates.format_time(chosen, "short", locale=locale)


def moment(random: Random) -> Phrase:
    """7 May 2024, 15:05."""
    day, hour = any_day(random), any_time(random)

    def write(locale: Locale) -> str:
        pattern = str(dates.get_datetime_format("medium", locale=locale)).replace("'", "")
        date = dates.format_date(day, "long", locale=locale)
        return pattern.format(dates.format_time(hour, "short", locale=locale), date)

    return write
