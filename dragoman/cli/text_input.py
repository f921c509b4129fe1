"""Text that a command reads from a file or from standard input."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dragoman.data.formats.plain_text import checked_text
from dragoman.data.line_ends import with_line_feeds
from dragoman.data.open_input import decompressed, open_input, unreadable
from dragoman.data.text_file import decoded, limited_lines

STANDARD_INPUT = "standard input"


@contextlib.contextmanager
def opened(file: Path | None) -> Iterator[BinaryIO]:
    """The bytes of a text file, or of standard input, decompressed, with LF or CR LF at the end of every line.

    Raises:
        InputError: if the file cannot be opened or read, or is a document and no plain text.
    """
    if file is None:
        try:
            stream = decompressed(sys.stdin.buffer, STANDARD_INPUT, closes=False)
            stream = with_line_feeds(checked_text(stream, STANDARD_INPUT))
        except OSError as error:
            raise unreadable(STANDARD_INPUT, error) from error
        yield stream
        return
    with with_line_feeds(checked_text(open_input(file, once=True), file)) as stream:
        yield stream


def read_lines(file: Path | None) -> Iterator[str]:
    """The lines of a file, or of standard input.

    Raises:
        InputError: if they cannot be read or are not UTF-8.
    """
    name = file or STANDARD_INPUT
    with opened(file) as stream:
        for number, line in enumerate(limited_lines(stream, name), start=1):
            yield decoded(line, name, number).removesuffix("\n").removesuffix("\r")


def from_terminal() -> bool:
    """Whether standard input is a terminal, on which somebody would wait for nothing."""
    return sys.stdin.buffer.isatty()


def size_of(file: Path | None) -> int | None:
    """Bytes of a file, or of standard input where that is one; None where it is a pipe or a terminal."""
    with contextlib.suppress(OSError):
        status = os.fstat(sys.stdin.buffer.fileno()) if file is None else file.stat()
        return status.st_size if stat.S_ISREG(status.st_mode) else None
    return None
