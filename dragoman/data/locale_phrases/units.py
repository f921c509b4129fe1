"""Quantities: lengths, masses, volumes, durations, speeds."""

from __future__ import annotations

from random import Random

from babel import Locale
from babel.units import UnknownUnitError, format_compound_unit, format_unit

from dragoman.data.locale_phrases.concept import NotInLocaleError, Phrase
from dragoman.data.locale_phrases.numbers import any_count

UNITS = (
    "length-kilometer",
    "length-meter",
    "length-centimeter",
    "length-millimeter",
    "length-mile",
    "length-foot",
    "length-inch",
    "mass-kilogram",
    "mass-gram",
    "mass-milligram",
    "mass-pound",
    "mass-ounce",
    "volume-liter",
    "volume-milliliter",
    "volume-cubic-meter",
    "area-square-kilometer",
    "area-square-meter",
    "area-hectare",
    "temperature-celsius",
    "temperature-fahrenheit",
    "digital-byte",
    "digital-kilobyte",
    "digital-megabyte",
    "digital-gigabyte",
    "energy-kilowatt-hour",
    "energy-kilocalorie",
    "power-watt",
    "power-kilowatt",
    "electric-volt",
    "frequency-hertz",
    "angle-degree",
)
TIMES = (
    "duration-second",
    "duration-minute",
    "duration-hour",
    "duration-day",
    "duration-week",
    "duration-month",
    "duration-year",
)
_LARGEST_TIME = {"duration-second": 60, "duration-minute": 60, "duration-hour": 48, "duration-day": 60}
_RATES = (
    ("length-kilometer", "duration-hour"),
    ("length-meter", "duration-second"),
    ("length-mile", "duration-hour"),
    ("volume-liter", "duration-minute"),
    ("digital-megabyte", "duration-second"),
    ("mass-kilogram", "duration-day"),
)


def quantity(random: Random) -> Phrase:
    """5 kilometres."""
    unit, value = random.choice(UNITS), any_count(random) / random.choice((1, 1, 1, 10))
    return lambda locale: write_unit(value, unit, locale)


def duration(random: Random) -> Phrase:
    """3 hours."""
    unit = random.choice(TIMES)
    value = random.randrange(1, _LARGEST_TIME.get(unit, 30))
    return lambda locale: write_unit(value, unit, locale)


def rate(random: Random) -> Phrase:
    """12 kilometres per hour."""
    (unit, per), value = random.choice(_RATES), any_count(random)

    def write(locale: Locale) -> str:
        try:
            text = format_compound_unit(value, unit, denominator_unit=per, locale=locale)
        except (UnknownUnitError, KeyError) as error:
            raise NotInLocaleError(unit) from error
        if text is None or not _in_words(text):
            raise NotInLocaleError(unit)
        return text

    return write


def write_unit(value: int | float, unit: str, locale: Locale) -> str:
    """A value with its unit's name, or with its abbreviation where the CLDR has no name."""
    for length in ("long", "short"):
        try:
            text = format_unit(value, unit, length, locale=locale)
        except (UnknownUnitError, KeyError):
            continue
        if _in_words(text):
            return text
    raise NotInLocaleError(unit)


def _in_words(text: str) -> bool:
    """Whether no identifier shows through, which the library writes where it finds no words."""
    return not any(unit in text for unit in (*UNITS, *TIMES))
