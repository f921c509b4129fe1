"""Lower and upper case as a language writes them.

Unicode's own mappings serve nearly all languages. Turkish and Azeri have a dotless ``ı`` beside ``i``, Dutch
capitalizes ``ij`` as one letter, and Greek capitals bear no accent (Unicode Standard, section 5.18; CLDR's casing
transforms).
"""

from __future__ import annotations

import unicodedata

from dragoman.text.language import primary_language

_DOTLESS = frozenset({"tr", "az"})
_TONOS = "\N{COMBINING ACUTE ACCENT}"


class Casing:
    """Converts between lower and upper case.

    Args:
        language: language code, such as ``tr``; with the empty text, Unicode's mappings are used.

    >>> Casing("tr").upper("iki"), Casing("nl").capitalized("ijs"), Casing("").upper("straße")
    ('İKİ', 'IJs', 'STRASSE')
    """

    def __init__(self, language: str = "") -> None:
        self.language = language
        self._primary = primary_language(language) if language else ""

    def lower(self, text: str) -> str:
        """The text in lower case."""
        if self._primary in _DOTLESS:
            text = text.replace("I\N{COMBINING DOT ABOVE}", "i").replace("İ", "i").replace("I", "ı")
        return text.lower()

    def upper(self, text: str) -> str:
        """The text in upper case. ``ß`` becomes ``SS``, so the text may become longer."""
        if self._primary in _DOTLESS:
            text = text.replace("i", "İ")
        capitals = text.upper()
        if self._primary == "el" and not capitals.isascii():
            return unicodedata.normalize("NFC", unicodedata.normalize("NFD", capitals).replace(_TONOS, ""))
        return capitals

    def capitalized(self, word: str) -> str:
        """The word with an initial capital. A letter without a single capital stays, such as ``ß``."""
        if self._primary in _DOTLESS and word.startswith("i"):
            return "İ" + word[1:]
        if self._primary == "nl" and word.startswith("ij"):
            return "IJ" + word[2:]
        first = word[:1].title()
        return first + word[1:] if len(first) == 1 else word

    def keys(self, word: str) -> tuple[str, ...]:
        """Keys under which words are equal whatever their case, the most exact first."""
        lower = self.lower(word)
        folded = lower.casefold()
        return (lower,) if folded == lower else (lower, folded)
