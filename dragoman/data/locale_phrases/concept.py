"""A meaning, and how a language writes it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from babel import Locale

Phrase = Callable[[Locale], str]
"""Writes one meaning in a language. Two languages' results are translations of each other."""

Kind = Callable[[Random], Phrase]
"""Draws a meaning of one kind."""


class NotInLocaleError(LookupError):
    """The CLDR has no words for this meaning in this language."""
