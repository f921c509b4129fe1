"""Which format a file is in, by its name or, where that says nothing, by how it begins."""

from __future__ import annotations

from pathlib import Path

from dragoman.data.open_input import open_input, unreadable
from dragoman.errors import InputError

_ENDINGS = {
    "table": (".tsv", ".tab", ".csv"),
    "json-lines": (".jsonl", ".ndjson"),
    "parquet": (".parquet", ".pq"),
    "po": (".po", ".pot"),
    "mo": (".mo", ".gmo"),
    "xliff": (".xlf", ".xliff"),
    "tmx": (".tmx",),
    "catalogue": (".zip", ".whl"),
}
_BY_ENDING = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings}
_MAGIC = {
    b"PAR1": "parquet",
    b"\xde\x12\x04\x95": "mo",
    b"\x95\x04\x12\xde": "mo",
    b"PK\x03\x04": "catalogue",
}
_LOOKED_AT = 4096


def format_by_name(path: Path) -> str | None:
    """The name of the format that a file's name ends in; None if that says nothing."""
    return _BY_ENDING.get(path.suffix.lower())


def detect_format(path: Path) -> str:
    """The name of the format, as a recipe states it.

    Raises:
        InputError: if the file cannot be read, or neither its name nor its beginning tell.
    """
    if path.is_dir():
        return "catalogue"
    known = format_by_name(path)
    if known is not None:
        return known
    found = _by_content(_beginning(path))
    if found is None:
        raise InputError(
            "its format cannot be told by its name or its beginning",
            file=path,
            cause="plain text holds one language only, or the ending of the name is unusual.",
            remedy="give two text files by --source and --target, or state the format by --format.",
        )
    return found


def _beginning(path: Path) -> bytes:
    try:
        with open_input(path) as stream:
            return stream.read(_LOOKED_AT)
    except OSError as error:
        raise unreadable(path, error) from error


def _by_content(data: bytes) -> str | None:
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            return kind
    text = data.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe").lstrip()
    if text.startswith(b"<"):
        return "tmx" if b"<tmx" in text else "xliff" if b"<xliff" in text else None
    if text.startswith(b"{"):
        return "json-lines"
    if b'msgid "' in text:
        return "po"
    return "table" if b"\t" in text.split(b"\n", 1)[0] else None
