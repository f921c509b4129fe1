"""The forms in which text is compared and learnt."""

from __future__ import annotations

import itertools
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
    key = " ".join(fold(text).split())
    return key.strip(_characters_of(("P", "Zs"))) or key


def fold(text: str) -> str:
    """``text`` without differences of case and width (definition D146 of the Unicode Standard, then composed)."""
    if not text.isascii():
        text = _compatible(_compatible(unicodedata.normalize("NFD", text).casefold()).casefold())
    return text.casefold()


def is_visible(text: str) -> bool:
    """Whether ``text`` has anything but white space, control and format characters."""
    return bool(text.strip(_characters_of(("Z", "Cc", "Cf"))))


@cache
def _characters_of(categories: tuple[str, ...]) -> str:
    """All characters whose Unicode general category begins with one of ``categories``, such as ``P`` or ``Zs``.

    Planes 2 to 13 hold ideographs or nothing, and planes 15 and 16 are private, so they are not searched.
    """
    codes = itertools.chain(range(0x20000), range(0xE0000, 0xE1000))
    return "".join(symbol for symbol in map(chr, codes) if unicodedata.category(symbol).startswith(categories))
