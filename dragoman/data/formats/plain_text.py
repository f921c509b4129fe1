"""Text whose lines are sentences is told from documents, whose own markings would be taken for sentences."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import BinaryIO

from dragoman.data.compressed import plain_name
from dragoman.data.formats.signatures import LOOKED_AT, seems_to_be
from dragoman.data.open_input import open_input, unreadable
from dragoman.data.pipes import is_pipe
from dragoman.data.streams import looked_at
from dragoman.errors import InputError

_OF_NAMES_ONLY = frozenset({"a JSON document", "JSON lines", "a script", "a YAML document"})
"""What a text may begin like that is none of these; the ending of a name must say it too."""
_NOTHING = b"x"
"""Plain text, so that only a name tells what it is."""
_TABLES = re.compile(r"table|workbook|spreadsheet|Parquet|Arrow|JSON lines")
_CATALOGUES = re.compile(r"catalogue|XLIFF|translation memory|strings|resources|properties|Trados")


def checked_text(stream: BinaryIO, file: Path | str) -> BinaryIO:
    """The same stream, if what it begins with, and the name of its file, are those of plain text.

    Args:
        stream: at its beginning.
        file: the file that it belongs to, or what a person calls it.

    Raises:
        InputError: if it is a document of another kind; it says which.
    """
    if stream.seekable():
        beginning, whole = stream.read(LOOKED_AT), stream
        stream.seek(0)
    else:
        # More than there is to the end of a line is not awaited: whoever writes may wait for an answer to it.
        beginning, whole = looked_at(stream, LOOKED_AT, lambda found: b"\n" in found)
    found = document_kind(beginning, plain_name(file).name if isinstance(file, Path) else "")
    if found is not None:
        stream.close()
        raise _no_plain_text(found, file)
    return whole


def check_text_files(*paths: Path) -> None:
    """See to it that files are plain text. Pipes are let pass, since what is read of one is gone.

    Raises:
        InputError: if one cannot be read, or is a document of another kind.
    """
    for path in paths:
        if not is_pipe(path):
            try:
                with open_input(path) as stream:
                    checked_text(stream, path)
            except OSError as error:
                raise unreadable(path, error) from error


def document_kind(data: bytes, name: str) -> str | None:
    """What kind of document a file seems to be; None if it is plain text, or empty.

    Args:
        data: how it begins.
        name: the file's name; empty if it has none.
    """
    found = seems_to_be(data, name) if data else None
    if found in _OF_NAMES_ONLY and seems_to_be(_NOTHING, name) != found:
        return None
    if PurePath(name).suffix.lower() == ".arb" and seems_to_be(data, "") not in _OF_NAMES_ONLY:
        # It is the language code of Standard Arabic too, with which files of parallel text often end.
        return None
    return found


def _no_plain_text(kind: str, file: Path | str) -> InputError:
    if _TABLES.search(kind):
        remedy = (
            "write the column that is meant into a text file, one text a line, and give that; put what comes out back "
            "into the table as a column."
        )
    elif _CATALOGUES.search(kind):
        remedy = (
            "write the texts that are meant into a text file, one a line, with the program that made the catalogue or "
            "one that converts it, and give that. To learn from a catalogue, give it to `dragoman train` by --corpus."
        )
    else:
        remedy = "save its text as plain text in UTF-8, one sentence a line, and give that."
    return InputError(
        f"this is no plain text: it seems to be {kind}",
        file=file,
        cause="text is read line by line here. The markings of such a file would be taken for sentences, and what is "
        "written would be no such file any more.",
        remedy=remedy,
    )
