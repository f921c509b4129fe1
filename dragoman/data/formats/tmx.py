"""Translation Memory eXchange, versions 1.1 to 1.4b: the memories that translation programs export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from dragoman.data.formats.xml_events import Element, read_units
from dragoman.data.pair import Entry, Pair, Skip
from dragoman.errors import InputError
from dragoman.text.language import closest_language

_MOST_CODES_SHOWN = 20


def read_tmx(
    path: Path, source_language: str, target_language: str, tell: Callable[[str], None] = lambda remark: None
) -> Iterator[Entry]:
    """The translation units of a file as pairs, as they are asked for.

    Of several variants in one language the first counts. What an inline element holds, such as ``<b>`` or ``%s``, is
    text in its place; a subflow (``sub``) is left out. A unit that lacks one of the languages is skipped as ``no
    translation``, one with nothing in one of them as ``untranslated``.

    Raises:
        InputError: as :func:`~dragoman.data.formats.xml_events.read_units`, and at the end if the file has units but
            none in one of the two languages; it names those that there are.
    """
    units = read_units(path, "tmx", frozenset({"tu"}))
    next(units)
    missing = {source_language, target_language}
    codes: dict[str, None] = {}
    for unit, _ in units:
        variants = _variants(unit)
        source_code, target_code = _choose(tuple(variants), source_language, target_language)
        if missing:
            if source_code is not None:
                missing.discard(source_language)
            if target_code is not None:
                missing.discard(target_language)
            codes.update(dict.fromkeys(list(variants)[: _MOST_CODES_SHOWN - len(codes)]))
        source = _segment(variants[source_code]) if source_code else ""
        target = _segment(variants[target_code]) if target_code else ""
        if source_code is None or target_code is None or source_code == target_code:
            yield Skip("no translation", source, "" if source_code == target_code else target, str(path), unit.line)
        elif not source.strip() or not target.strip():
            yield Skip("untranslated", source, target, str(path), unit.line)
        else:
            yield Pair(source, target, str(path), unit.line)
    if codes and missing:
        raise _no_language(path, min(missing), list(codes))


def _variants(unit: Element) -> dict[str, Element]:
    """The first variant in each language."""
    variants: dict[str, Element] = {}
    for variant in unit.children("tuv"):
        code = variant.attributes.get("xml:lang") or variant.attributes.get("lang")
        if code:
            variants.setdefault(code, variant)
    return variants


@lru_cache(maxsize=1024)
def _choose(codes: tuple[str, ...], source_language: str, target_language: str) -> tuple[str | None, str | None]:
    return closest_language(codes, source_language), closest_language(codes, target_language)


def _segment(variant: Element) -> str:
    segment = variant.child("seg")
    return "" if segment is None else _text(segment)


def _text(element: Element) -> str:
    return "".join(
        part if isinstance(part, str) else _text(part)
        for part in element.content
        if isinstance(part, str) or part.name != "sub"
    )


def _no_language(path: Path, missing: str, codes: list[str]) -> InputError:
    return InputError(
        f"no unit has text in `{missing}`; the languages here are: {', '.join(code[:40] for code in codes)}",
        file=path,
        remedy="ask for two of these languages, or give another file.",
    )
