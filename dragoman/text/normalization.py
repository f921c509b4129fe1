"""The forms in which text is compared and learnt."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import partial

UNICODE_FORMS: dict[str, Callable[[str], str]] = {
    "NFC": partial(unicodedata.normalize, "NFC"),
    "NFKC": partial(unicodedata.normalize, "NFKC"),
    "none": str,
}
"""Unicode normalisation by name (Unicode Standard Annex 15)."""

_EDGES = re.compile(r"^\W+|\W+$")


def normalize(text: str, unicode_form: Callable[[str], str], *, collapse_white_space: bool) -> str:
    """``text`` in a Unicode form, if wished with every run of white space turned into one space and both ends stripped.

    What training text and what is translated later both go through.
    """
    text = unicode_form(text)
    return " ".join(text.split()) if collapse_white_space else text


def match_key(text: str) -> str:
    """The form in which two sentences count as the same: without case, width, white space, punctuation at the ends."""
    key = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return _EDGES.sub("", key) or key
