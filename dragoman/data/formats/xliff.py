"""XLIFF, versions 1.0 to 1.2 and 2.0 to 2.1: the files in which programs hand out text for translation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from dragoman.data.chunk import Entry, Pair, Skip
from dragoman.data.formats.inline_codes import InlineCodes, can_stand_in_text, has_words, native_code
from dragoman.data.formats.language_remarks import LanguageRemarks
from dragoman.data.formats.xml_events import Element, read_units
from dragoman.errors import InputError
from dragoman.text.language import closest_language

_UNIT_NAMES = {"1": "trans-unit", "2": "unit"}
_MOST_CODES_SHOWN = 20
_ROLES_1 = {
    **dict.fromkeys(("x", "ph", "it"), "alone"),
    **dict.fromkeys(("bx", "bpt"), "opens"),
    **dict.fromkeys(("ex", "ept"), "closes"),
}
_CODES = frozenset({*_ROLES_1, "sub", "sc", "ec"})


class _Row(NamedTuple):
    """A source and its target, before it is decided whether they are a pair."""

    source: str
    target: str
    state: str
    line: int
    lacks_words: bool
    """Whether the source has words and the target nothing but codes."""


def read_xliff(
    path: Path, source_language: str, target_language: str, log: Callable[[str], None] = lambda remark: None
) -> Iterator[Entry]:
    """The units (version 1) or segments (version 2) of a file as pairs, as they are asked for.

    The native code that inline elements stand for is text in its place, as far as the file tells it: ``<b>``, ``%s``.
    Where it does not, the element itself is: ``<x id="1"/>``, ``<g id="1">…</g>``. Codes of one id are the same on both
    sides. A unit of version 1 whose target is marked up in segments is read segment by segment. A language that the
    file leaves open is taken to be the one asked for.

    Skipped are entries in an ``other language``, those ``not for translation``, ``untranslated`` ones (no target,
    one of codes alone, or a state that says so), and those whose state says ``needs review`` or that were rejected.

    Raises:
        InputError: if :func:`~dragoman.data.formats.xml_events.read_units` refuses the file; if it has another version;
            if a ``cp`` element stands for no character, or the references of a unit to its native code repeat that
            until it has more than a million characters; or, at the end, if the file has units but none in the
            languages asked for, in which case the error names the languages that it has.
    """
    units = read_units(path, "xliff", frozenset(_UNIT_NAMES.values()))
    version = _major_version(next(units).element, path)
    others: dict[str, None] = {}
    found = False
    remarks = LanguageRemarks(path.name, log)
    for unit, ancestors in units:
        if unit.name != _UNIT_NAMES[version]:
            continue
        codes = _languages_1(unit, ancestors) if version == "1" else _languages_2(ancestors)
        is_other = not (_names(codes[0], source_language) and _names(codes[1], target_language))
        if is_other and not found and len(others) < _MOST_CODES_SHOWN:
            others[" → ".join((code or "?")[:40] for code in codes)] = None
        found = found or not is_other
        if not is_other:
            remarks.taken(codes[0], source_language)
            remarks.taken(codes[1], target_language)
        is_fixed = not _is_for_translation((*ancestors, unit))
        for row in (_rows_1 if version == "1" else _rows_2)(unit, path):
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
    if not row.source.strip() or not row.target.strip() or row.lacks_words:
        return "untranslated"
    if row.state in ("new", "needs-translation", "initial"):
        return "untranslated"
    return "needs review" if row.state.startswith("needs-") else None


def _languages_1(unit: Element, ancestors: tuple[Element, ...]) -> tuple[str | None, str | None]:
    files = [element.attributes for element in ancestors if element.name == "file"]
    said = files[-1] if files else {}
    target = unit.child("target")
    of_target = target.attributes.get("xml:lang") if target is not None else None
    return said.get("source-language") or None, said.get("target-language") or of_target or None


def _rows_1(unit: Element, path: Path) -> Iterator[_Row]:
    """The unit, or each of its segments if the target has any."""
    source, target = unit.child("source"), unit.child("target")
    codes = InlineCodes(path)
    state = "" if target is None else _state_1(target)
    segments = _segments(unit.child("seg-source") or source)
    translated = _segments(target)
    if segments.keys() & translated.keys():
        for name in segments | translated:
            left, right = segments.get(name), translated.get(name)
            yield _row(left, right, state, (left or right or unit).line, lambda element: _text_1(element, codes))
    else:
        yield _row(source, target, state, unit.line, lambda element: _text_1(element, codes))


def _row(source: Element | None, target: Element | None, state: str, line: int, text: Callable[[Element], str]) -> _Row:
    left = "" if source is None else text(source)
    right = "" if target is None else text(target)
    said = source is not None and has_words(source, _CODES)
    lacks_words = said and target is not None and not has_words(target, _CODES)
    return _Row(left, right, state, line, lacks_words)


def _state_1(target: Element) -> str:
    said = target.attributes
    # What a reviewer rejected has to be looked at again, whatever the state.
    return "needs-review" if said.get("state-qualifier", "").startswith("rejected") else said.get("state", "")


def _segments(element: Element | None) -> dict[str, Element]:
    """The marked segments of a source or target, by their ids, in their order."""
    found: dict[str, Element] = {}
    for part in element.content if element is not None else ():
        if isinstance(part, Element):
            is_segment = part.name == "mrk" and part.attributes.get("mtype") == "seg"
            found |= {part.attributes.get("mid", ""): part} if is_segment else _segments(part)
    return found


def _text_1(element: Element, codes: InlineCodes) -> str:
    return "".join(part if isinstance(part, str) else _inline_1(part, codes) for part in element.content)


def _inline_1(element: Element, codes: InlineCodes) -> str:
    said = element.attributes
    if element.name in _ROLES_1:
        native = native_code(element) or said.get("equiv-text", "")
        return codes.text(_ROLES_1[element.name], said.get("id"), native, _empty_tag(element), element.line)
    match element.name:
        case "sub":
            return ""
        case "g":
            return f"{_start_tag(element)}{_text_1(element, codes)}</g>"
        case _:
            return _text_1(element, codes)


def _languages_2(ancestors: tuple[Element, ...]) -> tuple[str | None, str | None]:
    said = ancestors[0].attributes
    return said.get("srcLang") or None, said.get("trgLang") or None


def _rows_2(unit: Element, path: Path) -> Iterator[_Row]:
    text = _Text2(unit, path)
    for segment in unit.children("segment"):
        state = segment.attributes.get("state", "")
        yield _row(segment.child("source"), segment.child("target"), state, segment.line, text.of)


class _Text2:
    """The text of elements of version 2, whose native code stands apart in the unit's ``originalData``."""

    def __init__(self, unit: Element, path: Path) -> None:
        self._path = path
        self._codes = InlineCodes(path)
        self._data: dict[str, str] = {}
        for store in unit.children("originalData"):
            for data in store.children("data"):
                self._data[data.attributes.get("id", "")] = self.of(data)

    def of(self, element: Element) -> str:
        return "".join(part if isinstance(part, str) else self._inline(part) for part in element.content)

    def _inline(self, element: Element) -> str:
        said = element.attributes
        match element.name:
            case "ph" | "sc":
                return self._code(element, said.get("id"), "")
            case "ec":
                return self._code(element, said.get("startRef") or said.get("id"), "")
            case "pc":
                return self._around(element)
            case "cp":
                return self._code_point(element)
            case _:
                return self.of(element)

    def _code(self, element: Element, identity: str | None, side: str) -> str:
        native = self._native(element, side)
        return self._codes.text(element.name, identity, native, _empty_tag(element), element.line)

    def _around(self, element: Element) -> str:
        start, end = self._native(element, "Start"), self._native(element, "End")
        if not can_stand_in_text(start) or not can_stand_in_text(end):
            start, end = _start_tag(element), "</pc>"
        identity = element.attributes.get("id")
        start = self._codes.text("pc, start", identity, start, start, element.line)
        end = self._codes.text("pc, end", identity, end, end, element.line)
        return start + self.of(element) + end

    def _native(self, element: Element, side: str) -> str:
        said = element.attributes
        data = self._data.get(said.get(f"dataRef{side}", ""), "")
        self._codes.count(len(data), element.line)
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
