"""The mix: which kinds of phrase there are, and how often each is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.data.locale_phrases import currencies, dates, lists, names, numbers, times, units
from dragoman.data.locale_phrases.concept import Kind


@dataclass(frozen=True, slots=True)
class Share:
    """One kind of phrase.

    Attributes:
        example: what it looks like in English.
        weight: how often it is drawn, relative to the others.
        draw: draws one.
    """

    example: str
    weight: int
    draw: Kind


KINDS: dict[str, Share] = {
    "day": Share("May 7, 2024", 10, dates.day),
    "weekday": Share("Tuesday, May 7, 2024", 8, dates.weekday),
    "span of days": Share("May 7 – Jun 9, 2024", 4, dates.span),
    "time": Share("3:05 PM", 2, times.time),
    "moment": Share("May 7, 2024, 3:05 PM", 6, times.moment),
    "number": Share("12,345.6", 2, numbers.number),
    "share": Share("25%", 1, numbers.share),
    "quantity": Share("5 kilometers", 8, units.quantity),
    "duration": Share("3 hours", 2, units.duration),
    "rate": Share("12 kilometers per hour", 2, units.rate),
    "amount of money": Share("50 euros", 6, currencies.amount),
    "price": Share("€5.50", 3, currencies.price),
    "language of a country": Share("German (Austria)", 6, names.variety),
    "list of countries": Share("France, Germany, and Italy", 8, lists.several(names.any_country)),
    "choice of languages": Share("French or German", 6, lists.several(names.any_language, "or")),
    "list of quantities": Share("5 kilometers and 3 grams", 6, lists.several(units.quantity, largest=2)),
    "list of durations": Share("2 hours and 5 minutes", 6, lists.several(units.duration, largest=2)),
    "country and day": Share("Germany – May 7, 2024", 5, lists.labelled(names.any_country, dates.day)),
    "country and amount": Share("Germany – 50 euros", 5, lists.labelled(names.any_country, currencies.amount)),
    "language and duration": Share("German – 3 hours", 4, lists.labelled(names.any_language, units.duration)),
}


def describe_kinds() -> dict[str, str]:
    """Each kind of phrase with an English example."""
    return {name: share.example for name, share in KINDS.items()}
