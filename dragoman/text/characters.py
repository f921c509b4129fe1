"""The characters that can be normalised one by one, so that native code can process a whole corpus.

A character is *simple* if no normalisation changes it and no neighbour changes what becomes of it: it is a starter, is
its own composed form, never composes with what stands before it, and what it becomes in a match key is likewise. Over
text of simple characters every mapping is the mapping of each. All else is left to the definitions in Python.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import regex
from jaxtyping import UInt8

from dragoman.native.text import FOLD_WIDTH, CharacterTables
from dragoman.text.normalization import UNICODE_FORMS, fold
from dragoman.text.rules.control_characters import has_control_characters

PLANE = 0x10000
_SIMPLE, _SPACE, _INVISIBLE, _CONTROL, _LETTER, _MARK, _NUMBER, _SIGN, _TRIMMED, _DIGIT = (1 << n for n in range(10))
_JUDGED = (*range(0x3100), *range(0xFF00, 0xFFF0))
"""Characters that are examined one by one: alphabets, punctuation, symbols, kana; wide and narrow forms."""
_UNCHANGING_LETTERS = (np.arange(0x4E00, 0x9FFD), np.arange(0xAC00, 0xD7A4))
"""Han and Hangul, which no mapping changes."""
_HANGUL_VOWELS_AND_FINALS = range(0x1161, 0x1200)
_COMPOSED = 0xFB50
"""No character of the first plane from here on composes."""
_SIGNS = "?？؟"


@cache
def character_tables(form: str) -> CharacterTables:
    """The tables for text in the Unicode form ``NFC`` or ``NFKC``."""
    flags = np.zeros(PLANE, dtype=np.uint16)
    folds = np.zeros((2, PLANE, FOLD_WIDTH), dtype=np.uint16)
    composing = _composing()
    for code in _JUDGED:
        symbol = chr(code)
        category = unicodedata.category(symbol)
        if category == "Cn":
            continue
        flags[code] = _flags(symbol, category)
        folded, matched = symbol.casefold(), fold(symbol)
        is_simple = _stays(symbol, form, composing) and all(_stays(part, "NFC", composing) for part in folded + matched)
        if is_simple and _fits(folded) and _fits(matched):
            flags[code] |= _SIMPLE
            folds[0, code, : len(folded)] = list(map(ord, folded))
            folds[1, code, : len(matched)] = list(map(ord, matched))
    for block in _UNCHANGING_LETTERS:
        flags[block] = _SIMPLE | _LETTER
        folds[:, block, 0] = block
    return CharacterTables(flags, folds[0], folds[1])


def foreign_table(foreign: regex.Pattern[str] | None) -> UInt8[np.ndarray, " 65536"]:
    """A table with 1 for each character that the pattern matches; None matches none."""
    table = np.zeros(PLANE, dtype=np.uint8)
    if foreign is not None:
        for match in foreign.finditer("".join(map(chr, _JUDGED))):
            table[list(_JUDGED[match.start() : match.end()])] = 1
        for block in _UNCHANGING_LETTERS:  # each of one script
            table[block] = foreign.match(chr(block[0])) is not None
    return table


def _flags(symbol: str, category: str) -> int:
    return (
        _SPACE * symbol.isspace()
        | _INVISIBLE * (category[0] == "Z" or category in ("Cc", "Cf"))
        | _CONTROL * has_control_characters(symbol, "")
        | _LETTER * (category[0] == "L")
        | _MARK * (category[0] == "M")
        | _NUMBER * (category[0] == "N")
        | _SIGN * (category[0] == "S" or symbol in _SIGNS)
        | _TRIMMED * (category[0] == "P" or category == "Zs")
        | _DIGIT * (category == "Nd")
    )


def _stays(symbol: str, form: str, composing: frozenset[str]) -> bool:
    return (
        unicodedata.combining(symbol) == 0
        and symbol not in composing
        and unicodedata.is_normalized("NFC", symbol)
        and UNICODE_FORMS[form](symbol) == symbol
    )


def _fits(text: str) -> bool:
    plain = "\0" not in text and all(ord(symbol) < PLANE for symbol in text)
    return plain and 0 < len(text) <= FOLD_WIDTH and (text == " " or not any(map(str.isspace, text)) or len(text) == 1)


@cache
def _composing() -> frozenset[str]:
    """The characters that can join the one before them in a composed form."""
    found = set(map(chr, _HANGUL_VOWELS_AND_FINALS))
    for code in range(_COMPOSED):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            found.add(chr(int(parts[1], 16)))
    return frozenset(found)


def unchanged_form(form: str) -> str:
    """The Unicode form whose simple characters stay as they are under the form of a recipe."""
    return "NFKC" if form == "NFKC" else "NFC"
