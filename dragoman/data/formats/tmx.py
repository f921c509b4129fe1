"""Translation Memory eXchange, versions 1.1 to 1.4b: the memories that translation programs export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import quoteattr

from dragoman.data.chunk import Entry, Pair, Skip
from dragoman.data.formats.inline_codes import InlineCodes, can_stand_in_text, has_words, native_code
from dragoman.data.formats.language_remarks import LanguageRemarks
from dragoman.data.formats.xml_events import Element, read_units
from dragoman.errors import InputError
from dragoman.text.language import closest_language

_MOST_CODES_SHOWN = 20
_ROLES = {"bpt": "opens", "ept": "closes", **dict.fromkeys(("ph", "it", "ut"), "alone")}
_CODES = frozenset({*_ROLES, "sub"})


def read_tmx(
    path: Path, source_language: str, target_language: str, log: Callable[[str], None] = lambda remark: None
) -> Iterator[Entry]:
    """The translation units of a file as pairs, as they are asked for.

    What an inline element holds, such as ``<b>`` or ``%s``, is text in its place, the same on both sides for codes that
    both sides have; one that holds nothing, or a mere name, is written as itself: ``<ph x="1"/>``. A subflow (``sub``)
    is left out. Further variants in the language of the target are further pairs with the first of the source, and the
    other way round. A unit that lacks one of the languages is skipped as ``no translation``, one with nothing, or
    nothing but codes, in one of them as ``untranslated``, and a variant in another kind of one of the languages
    (``en-GB`` beside ``en-US``) as ``other variant``.

    Args:
        path: path of the file.
        source_language: code of the source language, such as ``en``.
        target_language: code of the target language, such as ``de``.
        log: function that is given remarks on languages of which the file has only another variant.

    Raises:
        InputError: if :func:`~dragoman.data.formats.xml_events.read_units` refuses the file; or, at the end, if it has
            units but none in one of the two languages, in which case the error names the languages that it has.
    """
    units = read_units(path, "tmx", frozenset({"tu"}))
    next(units)
    wanted = (source_language, target_language)
    missing, remarks = set(wanted), LanguageRemarks(path.name, log)
    codes: dict[str, None] = {}
    for unit, _ in units:
        variants = _variants(unit)
        chosen = _choose(tuple(variants), *wanted)
        for code, language in zip(chosen, wanted, strict=True):
            if code is not None:
                missing.discard(language)
                remarks.taken(code, language)
        if missing:
            codes.update(dict.fromkeys(list(variants)[: _MOST_CODES_SHOWN - len(codes)]))
        yield from _entries(unit, variants, chosen, wanted, path)
    if codes and missing:
        raise _no_language(path, min(missing), list(codes))


def _entries(
    unit: Element,
    variants: dict[str, list[Element]],
    chosen: tuple[str | None, str | None],
    wanted: tuple[str, str],
    path: Path,
) -> Iterator[Entry]:
    """The pairs and skips of one unit."""
    file, segments = str(path), _Segments(path)
    lefts = variants[chosen[0]] if chosen[0] is not None else []
    rights = variants[chosen[1]] if chosen[1] is not None else []
    if not lefts or not rights or chosen[0] == chosen[1]:
        source = segments.text(lefts[0]) if lefts else ""
        target = segments.text(rights[0]) if rights and chosen[0] != chosen[1] else ""
        yield Skip("no translation", source, target, file, unit.line)
        return
    for left, right in (*((lefts[0], right) for right in rights), *((left, rights[0]) for left in lefts[1:])):
        source, target = segments.text(left), segments.text(right)
        words = segments.has_words(left), segments.has_words(right)
        if not source.strip() or not target.strip() or words[0] != words[1]:
            yield Skip("untranslated", source, target, file, unit.line)
        else:
            yield Pair(source, target, file, unit.line)
    for code, several in variants.items():
        for side, language in enumerate(wanted):
            if code not in chosen and closest_language([code], language) is not None:
                for variant in several:
                    texts = (segments.text(variant), "")
                    yield Skip("other variant", *(texts if side == 0 else texts[::-1]), file, unit.line)
                break


def _variants(unit: Element) -> dict[str, list[Element]]:
    """The variants in each language."""
    variants: dict[str, list[Element]] = {}
    for variant in unit.children("tuv"):
        code = variant.attributes.get("xml:lang") or variant.attributes.get("lang")
        if code:
            variants.setdefault(code, []).append(variant)
    return variants


@lru_cache(maxsize=1024)
def _choose(codes: tuple[str, ...], source_language: str, target_language: str) -> tuple[str | None, str | None]:
    return closest_language(codes, source_language), closest_language(codes, target_language)


class _Segments:
    """The texts of the variants of one unit, whose codes are the same in all."""

    def __init__(self, path: Path) -> None:
        self._codes = InlineCodes(path)

    def text(self, variant: Element) -> str:
        segment = variant.child("seg")
        return "" if segment is None else self._text(segment, {})

    def has_words(self, variant: Element) -> bool:
        segment = variant.child("seg")
        return segment is not None and has_words(segment, _CODES)

    def _text(self, element: Element, opened: dict[str, str]) -> str:
        """``opened`` leads from the number of an opening code inside a segment to the one that all variants share."""
        return "".join(part if isinstance(part, str) else self._inline(part, opened) for part in element.content)

    def _inline(self, element: Element, opened: dict[str, str]) -> str:
        if element.name not in _ROLES:
            return "" if element.name == "sub" else self._text(element, opened)
        said = element.attributes
        inside, shared = said.get("i"), said.get("x")
        if element.name == "bpt" and inside is not None and shared is not None:
            opened[inside] = shared
        native = native_code(element)
        # Only `x` is surely the same in all variants; `i` counts inside each, where the order of codes may differ.
        own = None if can_stand_in_text(native) else inside
        identity = shared or (opened.get(inside, own) if inside is not None else None)
        attribute = "" if identity is None else f" {'i' if inside is not None else 'x'}={quoteattr(identity)}"
        tag = f"<{element.name}{attribute}/>"
        return self._codes.text(_ROLES[element.name], identity, native, tag, element.line)


def _no_language(path: Path, missing: str, codes: list[str]) -> InputError:
    return InputError(
        f"no unit has text in `{missing}`; the languages here are: {', '.join(code[:40] for code in codes)}",
        file=path,
        remedy="ask for two of these languages, or give another file.",
    )
