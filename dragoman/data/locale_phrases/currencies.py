"""Amounts of money."""

from __future__ import annotations

from random import Random

from babel import numbers

from dragoman.data.locale_phrases.concept import Phrase
from dragoman.data.locale_phrases.numbers import any_count

CURRENCIES = (
    "EUR", "USD", "GBP", "JPY", "CNY", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "TRY", "INR", "BRL",
    "MXN", "CAD", "AUD", "NZD", "ZAR", "KRW", "THB", "ILS", "EGP",
)  # fmt: skip


def amount(random: Random) -> Phrase:
    """5.50 euros."""
    currency, value = random.choice(CURRENCIES), any_count(random)
    return lambda locale: numbers.format_currency(value, currency, locale=locale, format_type="name")


def price(random: Random) -> Phrase:
    """€5.50."""
    currency, value = random.choice(CURRENCIES[:12]), any_count(random) + random.choice((0, 0.5, 0.95, 0.99))
    return lambda locale: numbers.format_currency(value, currency, locale=locale)
