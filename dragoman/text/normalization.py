"""The forms in which text is compared and learnt."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from functools import cache, partial

UNICODE_FORMS: dict[str, Callable[[str], str]] = {
    "NFC": partial(unicodedata.normalize, "NFC"),
    "NFKC": partial(unicodedata.normalize, "NFKC"),
    "none": str,
}
"""Unicode normalisation by name (Unicode Standard Annex 15)."""

_compatible = UNICODE_FORMS["NFKC"]


def normalize(text: str, unicode_form: Callable[[str], str], *, collapse_white_space: bool) -> str:
    """``text`` in a Unicode form, if wished with every run of white space turned into one space and both ends stripped.

    What training text and what is translated later both go through.
    """
    text = unicode_form(text)
    return " ".join(text.split()) if collapse_white_space else text


def match_key(text: str) -> str:
    """The form in which two sentences count as the same: without case, width, white space, punctuation at the ends.

    Case is folded as in definition D146 of the Unicode Standard, in composed form. Symbols are no punctuation: ``5 €``
    and ``5 $`` differ. A text of nothing but punctuation is its own key.
    """
    if not text.isascii():
        text = _compatible(_compatible(unicodedata.normalize("NFD", text).casefold()).casefold())
    key = " ".join(text.casefold().split())
    return key.strip(characters_of(("P", "Zs"))) or key


def is_visible(text: str) -> bool:
    """Whether ``text`` has anything but white space, control and format characters."""
    return bool(text.strip(characters_of(("Z", "Cc", "Cf"))))


@cache
def characters_of(categories: tuple[str, ...]) -> str:
    """All characters whose Unicode general category begins with one of ``categories``, such as ``P`` or ``Zs``."""
    every = map(chr, range(sys.maxunicode + 1))
    return "".join(character for character in every if unicodedata.category(character).startswith(categories))
