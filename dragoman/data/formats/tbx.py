"""TermBase eXchange (ISO 30042), versions 2 and 3: the terminologies that translation programs export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dragoman.data.formats.signatures import LOOKED_AT
from dragoman.data.formats.xml_events import Element, read_units
from dragoman.data.open_input import open_input, unreadable
from dragoman.errors import InputError
from dragoman.text.language import closest_language
from dragoman.text.terminology import Term

_ROOTS = {"martif": b"<martif", "tbx": b"<tbx"}
_ENTRIES = frozenset({"termEntry", "conceptEntry"})
_LANGUAGES = ("langSet", "langSec")
_TERMS = frozenset({"tig", "ntig", "termSec"})
_STATUSES = ("administrativeStatus", "normativeAuthorization")
_NOT_TO_BE_USED = ("deprecated", "superseded", "forbidden", "obsolete")
_MOST_CODES_SHOWN = 20


def tbx_root(path: Path) -> str | None:
    """The name of the outermost element of a TBX file, ``martif`` in version 2 and ``tbx`` in version 3; None for a
    file of another kind.

    Raises:
        InputError: if the file cannot be read.
    """
    try:
        with open_input(path) as stream:
            beginning = stream.read(LOOKED_AT).replace(b"\0", b"")
    except OSError as error:
        raise unreadable(path, error) from error
    return next((root for root, tag in _ROOTS.items() if tag in beginning), None)


class _Word(NamedTuple):
    """A term of one language, and whether it is to be used."""

    text: str
    is_used: bool
    line: int


def read_tbx(path: Path, root: str, source_language: str, target_language: str) -> Iterator[Term]:
    """The terms of a file with their translations, as they are asked for.

    Every term of the source language in an entry is one, whatever its status; the terms of the target language in the
    same entry are its translations: those that are deprecated, superseded, obsolete or forbidden are not to be used,
    all others are alternatives.

    Args:
        path: path of the file.
        root: name of its outermost element; see :func:`tbx_root`.
        source_language: code of the source language, such as ``en``.
        target_language: code of the target language, such as ``de``.

    Raises:
        InputError: if :func:`~dragoman.data.formats.xml_events.read_units` refuses the file; or, at the end, if no
            entry has a term in one of the languages.
    """
    units = read_units(path, root, _ENTRIES)
    next(units)
    missing, codes = {source_language, target_language}, dict[str, None]()
    for entry, _ in units:
        by_code: dict[str, list[_Word]] = {}
        for name in _LANGUAGES:
            for section in entry.children(name):
                code = section.attributes.get("xml:lang") or section.attributes.get("lang") or ""
                by_code.setdefault(code, []).extend(_words(section))
        codes |= dict.fromkeys(by_code)
        sides = []
        for language in (source_language, target_language):
            chosen = closest_language([code for code in by_code if code], language)
            if chosen is not None:
                missing.discard(language)
            sides.append(by_code[chosen] if chosen is not None else [])
        targets = tuple(word.text for word in sides[1] if word.is_used)
        excluded = tuple(word.text for word in sides[1] if not word.is_used)
        for word in sides[0] if sides[1] else ():
            yield Term(word.text, targets, excluded, word.line)
    if missing:
        shown = ", ".join(list(codes)[:_MOST_CODES_SHOWN])
        raise InputError(
            f"no entry has a term in {' or '.join(sorted(missing))}; "
            + (f"there are: {shown}" if shown else "it is empty"),
            file=path,
            remedy="give a terminology from the model's source language into its target language.",
        )


def _words(section: Element) -> Iterator[_Word]:
    """The terms of a section for one language."""
    for part in section.content:
        if isinstance(part, Element) and part.name in _TERMS:
            group = part.child("termGrp") or part
            term = group.child("term")
            text = " ".join(_text(term).split()) if term is not None else ""
            if text:
                yield _Word(text, not _status(group).startswith(_NOT_TO_BE_USED), part.line)


def _status(group: Element) -> str:
    """What is said of a term, in version 3 as an element of its own name; nothing if that is none of the statuses."""
    for part in group.content:
        if isinstance(part, Element) and (part.attributes.get("type") in _STATUSES or part.name in _STATUSES):
            return _text(part).strip().lower()
    return ""


def _text(element: Element) -> str:
    return "".join(part if isinstance(part, str) else _text(part) for part in element.content)
