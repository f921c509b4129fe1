"""XLIFF, versions 1.0 to 1.2 and 2.0 to 2.1: the files in which programs hand out text for translation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from dragoman.data.formats.xml_events import Element, read_units
from dragoman.data.pair import Entry, Pair, Skip
from dragoman.errors import InputError
from dragoman.text.language import closest_language

_UNIT_NAMES = {"1": "trans-unit", "2": "unit"}
_MOST_CODES_SHOWN = 20
_MOST_NATIVE_CODE = 1_000_000


class _Row(NamedTuple):
    """A source and its target, before it is decided whether they are a pair."""

    source: str
    target: str
    state: str
    line: int


def read_xliff(
    path: Path, source_language: str, target_language: str, tell: Callable[[str], None] = lambda remark: None
) -> Iterator[Entry]:
    """The units (version 1) or segments (version 2) of a file as pairs, as they are asked for.

    The native code that inline elements stand for is text in its place, as far as the file tells it: ``<b>``, ``%s``.
    Where it does not, the element itself is: ``<x id="1"/>``, ``<g id="1">…</g>``. A language that the file leaves
    open is taken to be the one asked for.

    Skipped are entries in an ``other language``, those ``not for translation``, ``untranslated`` ones (no target, or
    a state that says so), and those whose state says ``needs review``.

    Raises:
        InputError: as :func:`~dragoman.data.formats.xml_events.read_units`; if the version is none of these; if a
            ``cp`` element stands for no character, or the references of a unit to its native code repeat that until it
            has more than a million characters; and at the end if the file has units but none in the languages
            asked for; it names those that there are.
    """
    units = read_units(path, "xliff", frozenset(_UNIT_NAMES.values()))
    version = _major_version(next(units).element, path)
    others: dict[str, None] = {}
    found = False
    for unit, ancestors in units:
        if unit.name != _UNIT_NAMES[version]:
            continue
        codes = _languages_1(unit, ancestors) if version == "1" else _languages_2(ancestors)
        is_other = not (_names(codes[0], source_language) and _names(codes[1], target_language))
        if is_other and not found and len(others) < _MOST_CODES_SHOWN:
            others[" → ".join((code or "?")[:40] for code in codes)] = None
        found = found or not is_other
        is_fixed = not _is_for_translation((*ancestors, unit))
        for row in [_row_1(unit)] if version == "1" else _rows_2(unit, path):
            reason = "other language" if is_other else "not for translation" if is_fixed else _reason(row)
            if reason is None:
                yield Pair(row.source, row.target, str(path), row.line)
            else:
                yield Skip(reason, row.source, row.target, str(path), row.line)
    if others and not found:
        raise InputError(
            f"nothing is from `{source_language}` into `{target_language}`; here are: {', '.join(others)}",
            file=path,
            remedy="ask for these languages, or give another file.",
        )


def _major_version(root: Element, path: Path) -> str:
    version = root.attributes.get("version", "")
    major = version.strip().partition(".")[0]
    if major not in _UNIT_NAMES:
        raise InputError(
            f"XLIFF of version {version[:40]!r}" if version else "<xliff> does not say its version",
            file=path,
            line=root.line,
            remedy="export the file as XLIFF 1.2 or 2.0.",
        )
    return major


def _names(code: str | None, wanted: str) -> bool:
    return code is None or closest_language([code], wanted) is not None


def _is_for_translation(elements: tuple[Element, ...]) -> bool:
    said = [element.attributes["translate"] for element in elements if "translate" in element.attributes]
    return not said or said[-1] != "no"


def _reason(row: _Row) -> str | None:
    """Why a row is no pair. The states of both versions have different names, so one list serves both."""
    if not row.source.strip() or not row.target.strip() or row.state in ("new", "needs-translation", "initial"):
        return "untranslated"
    return "needs review" if row.state.startswith("needs-") else None


def _languages_1(unit: Element, ancestors: tuple[Element, ...]) -> tuple[str | None, str | None]:
    files = [element.attributes for element in ancestors if element.name == "file"]
    said = files[-1] if files else {}
    target = unit.child("target")
    of_target = target.attributes.get("xml:lang") if target is not None else None
    return said.get("source-language") or None, said.get("target-language") or of_target or None


def _row_1(unit: Element) -> _Row:
    source, target = unit.child("source"), unit.child("target")
    return _Row(
        "" if source is None else _text_1(source),
        "" if target is None else _text_1(target),
        "" if target is None else target.attributes.get("state", ""),
        unit.line,
    )


def _text_1(element: Element) -> str:
    return "".join(part if isinstance(part, str) else _inline_1(part) for part in element.content)


def _inline_1(element: Element) -> str:
    match element.name:
        case "sub":
            return ""
        case "ph" | "bpt" | "ept" | "it":
            return _text_1(element) or element.attributes.get("equiv-text", "")
        case "x" | "bx" | "ex":
            return element.attributes.get("equiv-text") or _empty_tag(element)
        case "g":
            return f"{_start_tag(element)}{_text_1(element)}</g>"
        case _:
            return _text_1(element)


def _languages_2(ancestors: tuple[Element, ...]) -> tuple[str | None, str | None]:
    said = ancestors[0].attributes
    return said.get("srcLang") or None, said.get("trgLang") or None


def _rows_2(unit: Element, path: Path) -> Iterator[_Row]:
    text = _Text2(unit, path)
    for segment in unit.children("segment"):
        source, target = segment.child("source"), segment.child("target")
        yield _Row(
            "" if source is None else text.of(source),
            "" if target is None else text.of(target),
            segment.attributes.get("state", ""),
            segment.line,
        )


class _Text2:
    """The text of elements of version 2, whose native code stands apart in the unit's ``originalData``."""

    def __init__(self, unit: Element, path: Path) -> None:
        self._path = path
        self._copied = 0
        self._data: dict[str, str] = {}
        for store in unit.children("originalData"):
            for data in store.children("data"):
                self._data[data.attributes.get("id", "")] = self.of(data)

    def of(self, element: Element) -> str:
        return "".join(part if isinstance(part, str) else self._inline(part) for part in element.content)

    def _inline(self, element: Element) -> str:
        match element.name:
            case "ph" | "sc" | "ec":
                return self._code(element, "") or _empty_tag(element)
            case "pc":
                start, end = self._code(element, "Start"), self._code(element, "End")
                if not start and not end:
                    start, end = _start_tag(element), "</pc>"
                return start + self.of(element) + end
            case "cp":
                return self._code_point(element)
            case _:
                return self.of(element)

    def _code(self, element: Element, side: str) -> str:
        said = element.attributes
        data = self._data.get(said.get(f"dataRef{side}", ""), "")
        self._copied += len(data)
        if self._copied > _MOST_NATIVE_CODE:
            raise InputError(
                f"the native code of a unit is repeated until it has more than {_MOST_NATIVE_CODE:,} characters",
                file=self._path,
                line=element.line,
                cause="the file is damaged, or holds something else than sentences.",
                remedy="remove this unit.",
            )
        return data or said.get(f"equiv{side}") or said.get(f"disp{side}") or ""

    def _code_point(self, element: Element) -> str:
        digits = element.attributes.get("hex", "")
        number = int(digits, 16) if re.fullmatch("[0-9A-Fa-f]{1,8}", digits) else -1
        if not 0 <= number <= 0x10FFFF or 0xD800 <= number <= 0xDFFF:
            raise InputError(
                f"<cp hex={quoteattr(digits[:40])}/> stands for no character",
                file=self._path,
                line=element.line,
                remedy="remove it, or give the number of a Unicode character in hexadecimal digits.",
            )
        return chr(number)


def _start_tag(element: Element) -> str:
    shown = [
        f" {name}={quoteattr(element.attributes[name])}" for name in ("id", "startRef") if name in element.attributes
    ]
    return f"<{element.name}{''.join(shown[:1])}>"


def _empty_tag(element: Element) -> str:
    return _start_tag(element)[:-1] + "/>"
