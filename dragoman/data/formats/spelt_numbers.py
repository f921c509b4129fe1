"""Plural forms that say their number themselves, where the other language has a variable for it."""

from __future__ import annotations

from dragoman.text.placeholders import PlaceholderSyntax
from dragoman.text.rules.placeholders import differs_in_placeholders

SPELT = "number spelt out"
"""Why such a form is no pair."""

_VALUES = PlaceholderSyntax.of("printf", "python", "ruby", "brace", "dotnet", "mustache", "icu")


def spells_number(source: str, target: str) -> bool:
    """Whether one of two plural forms has one variable more than the other.

    Languages with a form for one number alone may say it in words (``%s files`` for two is one word in Arabic), and
    the singular ``1 item`` may go with a form for all numbers. The translation is right, but a model would learn from
    it to lose a variable.
    """
    counts = [sum(found != "%%" for found in _VALUES.find(text)) for text in (source, target)]
    return abs(counts[0] - counts[1]) == 1 and differs_in_placeholders(source, target, _VALUES)
