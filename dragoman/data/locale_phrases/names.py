"""Countries and languages."""

from __future__ import annotations

from random import Random

from babel import Locale

from dragoman.data.locale_phrases.concept import NotInLocaleError, Phrase

COUNTRIES = (
    "AR", "AT", "AU", "BE", "BG", "BR", "CA", "CH", "CL", "CN", "CO", "CZ", "DE", "DK", "EE", "EG", "ES", "FI",
    "FR", "GB", "GR", "HR", "HU", "ID", "IE", "IL", "IN", "IS", "IT", "JP", "KE", "KR", "LT", "LU", "LV", "MA",
    "MX", "MY", "NG", "NL", "NO", "NZ", "PE", "PH", "PK", "PL", "PT", "RO", "RS", "RU", "SE", "SG", "SI", "SK",
    "TH", "TN", "TR", "UA", "US", "VN", "ZA",
)  # fmt: skip
LANGUAGES = (
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga", "he", "hi",
    "hr", "hu", "id", "is", "it", "ja", "ko", "lt", "lv", "ms", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sr",
    "sv", "sw", "ta", "th", "tr", "uk", "vi", "zh",
)  # fmt: skip


def any_country(random: Random) -> Phrase:
    """Germany."""
    code = random.choice(COUNTRIES)
    return lambda locale: country_name(code, locale)


def any_language(random: Random) -> Phrase:
    """German."""
    code = random.choice(LANGUAGES)
    return lambda locale: language_name(code, locale)


def variety(random: Random) -> Phrase:
    """German (Austria)."""
    language, country = any_language(random), any_country(random)
    return lambda locale: f"{language(locale)} ({country(locale)})"


def country_name(code: str, locale: Locale) -> str:
    """The country's name in the locale's language."""
    return _known(locale.territories.get(code), code)


def language_name(code: str, locale: Locale) -> str:
    """The language's name in the locale's language."""
    return _known(locale.languages.get(code), code)


def _known(name: str | None, code: str) -> str:
    if not name:
        raise NotInLocaleError(code)
    return name
