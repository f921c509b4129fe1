"""Language codes: which of those that a file uses is the one that a person asked for, and how it is written."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from babel.core import get_global

_UNSPACED_SCRIPTS = frozenset({"Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})
_MACROLANGUAGES = {
    "cmn": "zh",
    "zho": "zh",
    "chi": "zh",
    "jpn": "ja",
    "kor": "ko",
    "eng": "en",
    "deu": "de",
    "ger": "de",
}


def closest_language(codes: Iterable[str], wanted: str) -> str | None:
    """The code that names the language ``wanted`` best, or None if none names that language at all.

    The code itself wins, whatever its case and whether ``_`` or ``-`` stands in it; then the one in the script and
    region that ``wanted`` most likely has (``zh`` is written ``zh-Hans``, ``pt`` spoken ``pt-BR``, by CLDR's likely
    subtags); then one that leaves script and region open; then any other of the same language and script. Codes of
    another script are never taken: ``zh-Hant`` is not ``zh``.
    """
    goal = _subtags(wanted)
    if goal is None:
        return None
    ranked = []
    for place, code in enumerate(codes):
        found = _subtags(code)
        if found is None or found[:2] != goal[:2]:
            continue
        plain = _plain(code)
        rank = 0 if plain == _plain(wanted) else 1 if found == goal and "-" in plain else 2 if "-" not in plain else 3
        ranked.append((rank, place, code))
    return min(ranked)[2] if ranked else None


def is_language(code: str) -> bool:
    """Whether ``code`` is a language that CLDR knows, optionally with script or region."""
    return _subtags(code) is not None


def script_of(code: str) -> str | None:
    """The script of a language, most likely (ISO 15924), such as ``Latn`` or ``Hans``; None if unknown."""
    found = _subtags(code)
    return None if found is None else found[1]


def writes_spaces(code: str) -> bool:
    """Whether the language puts spaces between words. Unknown languages do."""
    return script_of(code) not in _UNSPACED_SCRIPTS


def _plain(code: str) -> str:
    return code.replace("_", "-").lower()


@lru_cache(maxsize=4096)
def _subtags(code: str) -> tuple[str, str, str] | None:
    """Language, script and region, what is missing filled in by likelihood."""
    parts = _plain(code).split("-")
    language, script, region = _MACROLANGUAGES.get(parts[0], parts[0]), "", ""
    for part in parts[1:]:
        if len(part) == 4 and part.isalpha():
            script = part.title()
        elif (len(part) == 2 and part.isalpha()) or (len(part) == 3 and part.isdigit()):
            region = part.upper()
        else:
            return None
    likely = get_global("likely_subtags")
    for key in (f"{language}_{script}_{region}", f"{language}_{region}", f"{language}_{script}", language):
        found = likely.get(key.replace("__", "_").strip("_"))
        if found is not None:
            fallback = found.split("_")
            return fallback[0], script or fallback[1], region or fallback[2]
    return None


def primary_language(code: str) -> str:
    """The language alone, without script and region: ``pt`` for ``pt-BR``, ``zh`` for ``cmn``."""
    found = _subtags(code)
    return found[0] if found is not None else _plain(code).split("-")[0]
