"""Which format a file is in, by its name or, where that says nothing, by how it begins."""

from __future__ import annotations

from pathlib import Path

from dragoman.data.compressed import plain_name
from dragoman.data.formats.signatures import LOOKED_AT, seems_to_be
from dragoman.data.open_input import open_input, unreadable
from dragoman.errors import InputError

__all__ = ["READABLE", "detect_format", "format_by_name", "seems_to_be", "unknown_format"]

READABLE = "TSV, CSV, JSON lines, Parquet, gettext PO and MO, XLIFF, TMX, or a folder or zip file of catalogues"
"""The formats of files of pairs, as error messages list them."""

_ENDINGS = {
    "table": (".tsv", ".tab", ".csv"),
    "json-lines": (".jsonl", ".ndjson"),
    "parquet": (".parquet", ".pq"),
    "po": (".po", ".pot"),
    "mo": (".mo", ".gmo"),
    "xliff": (".xlf", ".xliff", ".sdlxliff", ".mqxliff", ".mxliff"),
    "tmx": (".tmx",),
    "conll": (".conll", ".bio", ".iob", ".iob2"),
    "catalogue": (".zip", ".whl"),
}
_BY_ENDING = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings}
_MAGIC = {
    b"PAR1": "parquet",
    b"\xde\x12\x04\x95": "mo",
    b"\x95\x04\x12\xde": "mo",
    b"PK\x03\x04": "catalogue",
}

# Packages of programs are zip files that may hold catalogues; office documents are zip files that never do.
_ARCHIVES = frozenset({"a zip archive", "a Python package (wheel)", "a Java archive (JAR)", "an Android program (APK)"})


_CONVERT = "convert it to PO or XLIFF, as the Translate Toolkit does; or "
_ADVICE = {
    **dict.fromkeys(("Excel", "spreadsheet"), "save it as CSV in UTF-8; or "),
    "JSON document": "give the folder that has such a file for each language, by --catalogue; or ",
    **dict.fromkeys(("Android", "Qt", "Apple strings", ".NET", "properties", "YAML", "Fluent"), _CONVERT),
}
"""What to do with files that hold texts in another way, by a part of what they seem to be."""


def format_by_name(path: Path) -> str | None:
    """The name of the format that a file's name ends in, but for what says that it is compressed; None if that says
    nothing."""
    return _BY_ENDING.get(plain_name(path).suffix.lower())


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
    data = _beginning(path)
    found = _by_content(data)
    seems = seems_to_be(data, path.name)
    if found is None or (found == "catalogue" and seems not in _ARCHIVES):
        raise unknown_format(path, seems)
    return found


def unknown_format(path: Path, seems: str | None) -> InputError:
    """The error for a file that is no file of pairs; it says what the file seems to be and what can be read.

    Args:
        path: the file.
        seems: what :func:`~dragoman.data.formats.signatures.seems_to_be` says.
    """
    advice = next((how for part, how in _ADVICE.items() if seems is not None and part in seems), "")
    return InputError(
        f"this is no file of pairs that can be read: it seems to be {seems or 'plain text'}",
        file=path,
        cause=None if seems else "plain text holds one language only, or the ending of the name is unusual.",
        remedy=f"{advice}give one of these: {READABLE}; or two text files, by --source and --target; --format states "
        "what a file is, such as --format table for rows that come through a pipe.",
    )


def _beginning(path: Path) -> bytes:
    try:
        with open_input(path) as stream:
            return stream.read(LOOKED_AT)
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
        first, end, _ = text.partition(b"\n")
        return "json-lines" if not end or first.rstrip().endswith(b"}") else None
    if b'msgid "' in text:
        return "po"
    return "table" if b"\t" in text.split(b"\n", 1)[0] else None
