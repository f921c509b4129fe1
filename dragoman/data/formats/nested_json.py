"""Texts of a nested JSON file, each with the keys that lead to it and its line."""

from __future__ import annotations

import json
import json.scanner
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from dragoman.errors import InputError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\n")

_DESCRIBED: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (frozenset({"message"}), frozenset({"description", "placeholders"})),
    (frozenset({"string"}), frozenset({"context", "developer_comment", "character_limit"})),
    (frozenset({"defaultMessage"}), frozenset({"id", "description", "file", "start", "end"})),
    (
        frozenset({"zero", "one", "two", "few", "many", "other"}),
        frozenset({"id", "description", "hash", "leftDelim", "rightDelim"}),
    ),
)
"""What messages of Chrome, Transifex, FormatJS and go-i18n have: keys of texts, and keys of notes on them."""
_ABOUT_THE_FILE = frozenset(
    {"$schema", "@@locale", "@@last_modified", "@@author", "@@comment", "@@context", "@@x-reference"}
)

Key = tuple[str, ...]


def parse_nested_json(data: bytes, name: str) -> dict[Key, tuple[str, int]]:
    """Key path → text and line, for every string in the file. Items of a list have their number as key.

    Other values are left out; of a key that an object has twice the last counts, as everywhere in JSON. Items of a list
    that all have an ``id`` of their own have it as key. What a file holds for developers and translators alone is left
    out as well: the descriptions in Chrome's ``messages.json`` and in files of Transifex, FormatJS and go-i18n; keys
    with ``@`` that describe other keys, as in ARB files (Flutter); the file's schema.

    Args:
        data: the whole file in UTF-8, with or without a byte-order mark.
        name: name of the file, for errors and to recognise ARB files.

    Raises:
        InputError: if it is not UTF-8 or not JSON, is nested too deeply, or a text has half a character in it.
    """
    text = _decode(data.removeprefix(_BYTE_ORDER_MARK), name)
    ends = [found.start() for found in _LINE_END.finditer(text)]
    skips_metadata = name.lower().endswith(".arb")
    texts = {}
    try:
        document = _PositionDecoder().decode(text)
        for path, found in _leaves(_texts_alone(document), (), skips_metadata):
            line = bisect_right(ends, found.end - 1) + 1
            lone = _SURROGATE.search("\n".join((found.text, *path)))
            if lone:
                raise InputError(
                    f"half a character, \\u{ord(lone.group()):04x}, in this text or its key",
                    file=name,
                    line=line,
                    cause="text that was cut inside a pair of surrogates before it was written.",
                    remedy="mend the text.",
                )
            texts[path] = (found.text, line)
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON at character {error.colno}: {error.msg}",
            file=name,
            line=error.lineno,
            remedy="mend the file, or take it out of the folder if it holds no translations.",
        ) from None
    except RecursionError:
        raise InputError("lists or objects are nested too deeply", file=name, remedy="take the file out.") from None
    return texts


class _Located:
    """A string and the place just behind its closing quotation mark."""

    __slots__ = ("end", "text")

    def __init__(self, text: str, end: int) -> None:
        self.text = text
        self.end = end


class _PositionDecoder(json.JSONDecoder):
    """Python's own decoder in its form without C, whose parts can be replaced, so that it accepts what JSON is.

    Strings that are values become :class:`_Located`, keys stay as they are, and numbers become None.
    """

    def __init__(self) -> None:
        super().__init__(parse_int=_nothing, parse_float=_nothing, parse_constant=_nothing)
        scan: Callable[[str, int, bool], tuple[str, int]] = json.decoder.scanstring  # type: ignore[attr-defined]

        def parse_string(document: str, begin: int, strict: bool) -> tuple[_Located, int]:
            text, end = scan(document, begin, strict)
            return _Located(text, end), end

        self.parse_string = parse_string
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]


def _nothing(number: str) -> None:
    return None


def _leaves(value: object, path: Key, skips_metadata: bool) -> Iterator[tuple[Key, _Located]]:
    if isinstance(value, _Located):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not (skips_metadata and key.startswith("@")) and not _describes(key, inner, value, path):
                yield from _leaves(inner, (*path, key), skips_metadata)
    elif isinstance(value, list):
        identified = _by_id(value)
        for place, inner in identified if identified is not None else enumerate(value):
            yield from _leaves(inner, (*path, str(place)), skips_metadata)


def _texts_alone(document: object) -> object:
    """The document without its descriptions, if every message in it has the form of one of :data:`_DESCRIBED`."""
    messages = document if isinstance(document, list) else list(document.values()) if isinstance(document, dict) else []
    objects = [message for message in messages if isinstance(message, dict)]
    if not objects or not all(isinstance(message, (dict, _Located)) for message in messages):
        return document
    for text_keys, note_keys in _DESCRIBED:
        if all(message.keys() & text_keys and message.keys() <= text_keys | note_keys for message in objects):
            for message in objects:
                for key in (message.keys() & note_keys) - {"id"}:
                    del message[key]
    return document


def _describes(key: str, value: object, siblings: dict[str, object], path: Key) -> bool:
    """Whether a key holds something about the file or about another key, and no text."""
    if key.startswith("@") and isinstance(value, dict):
        return key[1:] in siblings or key == "@metadata"
    return not path and key in _ABOUT_THE_FILE


def _by_id(items: list[object]) -> list[tuple[str, object]] | None:
    """The items of a list by their ids, which are left out; None if they have none of their own."""
    found: dict[str, object] = {}
    for item in items:
        name = item.get("id") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(name, _Located) or name.text in found:
            return None
        found[name.text] = {key: value for key, value in item.items() if key != "id"}
    return list(found.items())


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        begin = data.rfind(b"\n", 0, error.start) + 1
        raise InputError(
            f"not UTF-8: byte 0x{data[error.start]:02x} (byte {error.start - begin + 1} of the line)",
            file=name,
            line=data.count(b"\n", 0, error.start) + 1,
            cause="the file has another encoding.",
            remedy="convert it first, for example with `iconv -f latin1 -t utf-8`.",
        ) from None
