"""Small and capital letters as a language writes them.

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
    """Maps between small and capital letters.

    Args:
        language: a code, such as ``tr``; the empty text follows Unicode alone.
    """

    def __init__(self, language: str = "") -> None:
        self.language = language
        self._primary = primary_language(language) if language else ""

    def lower(self, text: str) -> str:
        """``text`` in small letters."""
        if self._primary in _DOTLESS:
            text = text.replace("I\N{COMBINING DOT ABOVE}", "i").replace("İ", "i").replace("I", "ı")
        return text.lower()

    def upper(self, text: str) -> str:
        """``text`` in capitals. ``ß`` becomes ``SS``, so the text may be longer."""
        if self._primary in _DOTLESS:
            text = text.replace("i", "İ")
        capitals = text.upper()
        if self._primary == "el" and not capitals.isascii():
            return unicodedata.normalize("NFC", unicodedata.normalize("NFD", capitals).replace(_TONOS, ""))
        return capitals

    def capitalized(self, word: str) -> str:
        """``word`` with a capital at its beginning. A letter that has no single capital stays, such as ``ß``."""
        if self._primary in _DOTLESS and word.startswith("i"):
            return "İ" + word[1:]
        if self._primary == "nl" and word.startswith("ij"):
            return "IJ" + word[2:]
        first = word[:1].title()
        return first + word[1:] if len(first) == 1 else word

    def keys(self, word: str) -> tuple[str, ...]:
        """The forms under which a word is the same whatever its casing, the most exact first."""
        lower = self.lower(word)
        folded = lower.casefold()
        return (lower,) if folded == lower else (lower, folded)
