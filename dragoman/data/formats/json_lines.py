"""JSON lines: files with one JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from dragoman.data.chunk import Entry, Pair
from dragoman.data.formats.column_names import no_such_column
from dragoman.data.text_file import read_text_lines
from dragoman.errors import InputError

_SURROGATE = re.compile("[\ud800-\udfff]")
_DEEPEST_LISTING = 4
_KINDS = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number"}

# Whole numbers are never text; how many digits they have is of no concern.
_DECODER = json.JSONDecoder(parse_int=lambda digits: 0)
_PLAIN = json.JSONDecoder()


def read_json_lines(path: Path, source_column: str, target_column: str) -> Iterator[Entry]:
    """The pairs of a file with one JSON object a line. Blank lines are left out, and null is empty text.

    Args:
        path: a UTF-8 file.
        source_column: the key of the source; ``translation.en`` is the key ``en`` of the object ``translation``,
            unless there is a key with that very name.
        target_column: the key of the target, likewise.

    Raises:
        InputError: if the file cannot be read or is not UTF-8, or a line is no JSON object, lacks a key, or has
            something other than text there. It names the line.
    """
    for number, record in read_objects(path, _DECODER):
        source = _text(record, source_column, path, number)
        target = _text(record, target_column, path, number)
        yield Pair(source, target, str(path), number)


def read_objects(path: Path, decoder: json.JSONDecoder = _PLAIN) -> Iterator[tuple[int, dict[str, object]]]:
    """The objects of a file with one a line, each with its line. Blank lines are left out.

    Raises:
        InputError: if the file cannot be read or is not UTF-8, or a line is no JSON object.
    """
    for number, line in enumerate(read_text_lines(path), start=1):
        if line.strip(" \t\r"):
            yield number, parse_object(line, path, number, decoder)


def parse_object(line: str, path: Path, number: int, decoder: json.JSONDecoder = _PLAIN) -> dict[str, object]:
    """The object that a line holds.

    Args:
        line: the line.
        path: the file, for errors.
        number: number of the line in it.
        decoder: reads the line.

    Raises:
        InputError: if it holds none.
    """
    try:
        record = decoder.decode(line)
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON at character {error.colno}: {error.msg}",
            file=path,
            line=number,
            cause="an object that goes over several lines, or a file that is no JSON lines.",
            remedy="write one JSON object a line, for example with `jq -c '.[]'`.",
        ) from None
    except RecursionError:
        raise InputError(
            "lists or objects are nested too deeply", file=path, line=number, remedy="leave the line out."
        ) from None
    if isinstance(record, dict):
        return record
    raise InputError(
        f"this line is {_kind(record)} and no object",
        file=path,
        line=number,
        remedy='write each line as an object such as {"en": "...", "de": "..."}.',
    )


def _text(record: dict[str, object], column: str, path: Path, number: int) -> str:
    found = find_value(record, column)
    if not found:
        names = [ascii(name)[1:-1] if _SURROGATE.search(name) else name for name in names_in(record)]
        raise no_such_column(column, names, path, number)
    value = found[0]
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(
            f"column `{column}` is {_kind(value)} and no text",
            file=path,
            line=number,
            remedy="name a column that holds text; a key inside an object is written with a dot.",
        )
    lone = _SURROGATE.search(value)
    if lone:
        raise InputError(
            f"column `{column}` has half a character, \\u{ord(lone.group()):04x}, at character {lone.start() + 1}",
            file=path,
            line=number,
            cause="text that was cut inside a pair of surrogates before it was written.",
            remedy="mend the line or leave it out.",
        )
    return value


def find_value(value: object, name: str) -> list[object]:
    """A list with the value of a dotted name, or an empty one. What would be inside a null is null."""
    if value is None:
        return [None]
    if not isinstance(value, dict):
        return []
    if name in value:
        return [value[name]]
    for dot in (place for place, character in enumerate(name) if character == "."):
        found = find_value(value[name[:dot]], name[dot + 1 :]) if name[:dot] in value else []
        if found:
            return found
    return []


def names_in(record: dict[str, object], depth: int = _DEEPEST_LISTING) -> list[str]:
    """The dotted names of the values in an object, so many objects deep."""
    names: list[str] = []
    for key, value in record.items():
        if isinstance(value, dict) and value and depth > 1:
            names.extend(f"{key}.{inner}" for inner in names_in(value, depth - 1))
        else:
            names.append(key)
    return names


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "text" if isinstance(value, str) else "null")
