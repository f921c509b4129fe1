"""Language codes: finding the code for a language among those of a file, and properties of languages.

Codes are read as files spell them: BCP 47 (``sr-Latn``, ``ca-valencia``), POSIX (``pt_BR``, ``sr@latin``,
``de_DE.UTF-8@euro``) and Android (``en-rUS``, ``b+sr+Latn``). Codes that were renamed or that fall into a wider one
(``iw``, ``in``, ``cmn``, ``ger``) are the languages that CLDR's aliases say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from babel.core import Locale, get_global
from babel.languages import get_territory_language_info

_UNSPACED_SCRIPTS = frozenset({"Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})

# CLDR aliases neither: Norwegian, said without more, is written in Bokmål.
_OTHER_ALIASES = {"no": "nb"}

_CHARSET = re.compile(r"\.(?:utf-?8|iso-?8859-?\d+|cp\d+|koi8-[ru]|euc[a-z]+|gbk?\d*|big5)$", re.IGNORECASE)
_ANDROID_REGION = re.compile(r"r[A-Z]{2}")
_MODIFIERS = {
    "latin": "Latn",
    "cyrillic": "Cyrl",
    "arabic": "Arab",
    "devanagari": "Deva",
    "hebrew": "Hebr",
    "shaw": "Shaw",
    "iqtelif": "Latn",
    "ijekavian": "ijekavsk",
    "ijekavianlatin": "Latn-ijekavsk",
    "euro": "",
    "quot": "",
}
"""Meaning of POSIX's suffixes behind ``@`` that name a script or a variant."""

_OWN_VARIANTS = frozenset({"FORMAL", "INFORMAL"})
"""Variants of polite and familiar address, as in ``de_DE_formal``, which CLDR lacks."""

_FOLDER_WORDS = frozenset(
    (
        *("add", "aid", "all", "any", "api", "app", "bin", "cmd", "com", "css", "dev", "dir", "doc", "end", "etc"),
        *("for", "gui", "img", "key", "lib", "log", "man", "map", "max", "min", "mod", "net", "new", "old", "opt"),
        *("out", "pkg", "raw", "run", "set", "src", "sub", "sys", "tag", "tmp", "use", "var", "web", "www"),
    )
)
"""Codes of small languages that occur far more often as the name of a folder."""


class _Tag(NamedTuple):
    language: str
    script: str
    region: str
    variants: frozenset[str]


def closest_language(codes: Iterable[str], wanted: str) -> str | None:
    """The code that names the language ``wanted`` best, or None if none names that language at all.

    >>> closest_language(["pt-PT", "pt_BR", "es"], "pt")
    'pt_BR'

    The code itself wins, whatever its case and whether ``_`` or ``-`` stands in it; then the one in the script and
    region that ``wanted`` most likely has (``zh`` is written ``zh-Hans``, ``pt`` spoken ``pt-BR``, by CLDR's likely
    subtags); then one that leaves script and region open; then any other of the same language and script; and at last
    those of another variant (``ca@valencia`` for ``ca``). Codes of another script are never taken: ``zh-Hant`` is not
    ``zh``, and ``sr@latin`` is not ``sr``.
    """
    goal = _tag(wanted)
    if goal is None:
        return None
    ranked = []
    for place, code in enumerate(codes):
        found = _tag(code)
        if found is None or found[:2] != goal[:2]:
            continue
        plain = _plain(code)
        rank = 0 if plain == _plain(wanted) else 1 if found == goal and "-" in plain else 2 if "-" not in plain else 3
        ranked.append((len(found.variants ^ goal.variants), rank, place, code))
    return min(ranked)[3] if ranked else None


def is_other_kind(code: str, wanted: str) -> bool:
    """Whether ``code`` is of another region or variant than ``wanted``; unstated parts are taken as the most likely
    ones.

    >>> is_other_kind("pt-PT", "pt-BR"), is_other_kind("pt", "pt-BR")
    (True, False)
    """
    return _tag(code) != _tag(wanted)


def is_spoken_there(code: str) -> bool:
    """Whether ``code`` names a region in which, by CLDR, its language is spoken.

    >>> is_spoken_there("en_CA"), is_spoken_there("in_DE")
    (True, False)
    """
    tag = _tag(code)
    if tag is None or "-" not in _spelt_out(code):
        return False
    return any(language.split("_")[0] == tag.language for language in get_territory_language_info(tag.region))


def is_language(code: str) -> bool:
    """Whether ``code`` is a language that CLDR knows, optionally with script, region or variant.

    >>> is_language("sr-Latn"), is_language("readme")
    (True, False)
    """
    return _tag(code) is not None


def is_well_known(code: str) -> bool:
    """Whether ``code`` is a language that CLDR has a name for, and not more probably a word for a folder.

    >>> is_well_known("de"), is_well_known("bin")
    (True, False)
    """
    tag = _tag(code)
    first = _plain(code).split("-")[0]
    return tag is not None and first not in _FOLDER_WORDS and tag.language in _named_languages()


def script_of(code: str) -> str | None:
    """The most likely script of a language (ISO 15924), such as ``Latn`` or ``Hans``; None if unknown.

    >>> script_of("zh"), script_of("sr@latin")
    ('Hans', 'Latn')
    """
    found = _tag(code)
    return None if found is None else found.script


def writes_spaces(code: str) -> bool:
    """Whether the language separates words by spaces; unknown languages are assumed to.

    >>> writes_spaces("en"), writes_spaces("ja")
    (True, False)
    """
    return script_of(code) not in _UNSPACED_SCRIPTS


def primary_language(code: str) -> str:
    """The language without script and region.

    >>> primary_language("pt-BR"), primary_language("cmn")
    ('pt', 'zh')
    """
    found = _tag(code)
    return found.language if found is not None else _plain(code).split("-")[0]


def _plain(code: str) -> str:
    return _spelt_out(code).lower()


def _spelt_out(code: str) -> str:
    """The code with ``-`` between its parts; a script or variant behind ``@`` becomes one more part."""
    base, _, modifier = code.partition("@")
    base = _CHARSET.sub("", base)
    if base.startswith("b+"):
        base = base[2:].replace("+", "-")
    said = _MODIFIERS.get(modifier.lower(), modifier)
    return "-".join(part for part in (base.replace("_", "-"), said) if part)


@lru_cache(maxsize=4096)
def _tag(code: str) -> _Tag | None:
    """Language, script, region and variants; missing parts are filled in by likelihood."""
    language, *parts = _spelt_out(code).split("-")
    language = language.lower()
    for aliases in (get_global("language_aliases"), _OTHER_ALIASES):
        language, *more = aliases.get(language, language).split("_")
        parts = [*more, *parts]
    script, region = "", ""
    variants: set[str] = set()
    for part in parts:
        if part.title() in _known_scripts():
            script = part.title()
        elif (len(part) == 2 and part.isalpha()) or (len(part) == 3 and part.isdigit()):
            region = part.upper()
        elif _ANDROID_REGION.fullmatch(part):
            region = part[1:]
        elif part.upper() in _known_variants():
            variants.add(part.lower())
        else:
            return None
    region = (get_global("territory_aliases").get(region) or [region])[0]
    likely = get_global("likely_subtags")
    for key in (f"{language}_{script}_{region}", f"{language}_{region}", f"{language}_{script}", language):
        found = likely.get(key.replace("__", "_").strip("_"))
        if found is not None:
            fallback = found.split("_")
            return _Tag(fallback[0], script or fallback[1], region or fallback[2], frozenset(variants))
    return None


@cache
def _known_variants() -> frozenset[str]:
    return frozenset(Locale("en").variants) | _OWN_VARIANTS


@cache
def _known_scripts() -> frozenset[str]:
    return frozenset(Locale("en").scripts)


@cache
def _named_languages() -> frozenset[str]:
    return frozenset(Locale("en").languages)
