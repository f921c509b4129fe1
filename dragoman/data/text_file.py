"""Text files line by line, with the place of whatever is wrong in them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from dragoman.data.line_ends import with_line_feeds
from dragoman.data.open_input import open_input, unreadable
from dragoman.errors import InputError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some programs begin UTF-8 files with; no part of the text."""

_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_LINE = 1 << 24
_MOST_BYTES = 1 << 26
"""Lines that are read together make hardly more than these."""
_AT_ONCE = 16


@runtime_checkable
class ByteStream(Protocol):
    """What bytes are read from, open files among others."""

    def read(self, size: int, /) -> bytes:
        """So many bytes, fewer at the end."""
        ...

    def readline(self, size: int, /) -> bytes:
        """The rest of a line with its end, or so many bytes of it."""
        ...


def open_text(path: Path) -> BinaryIO:
    """The content of a text file, as bytes in which LF or CR LF end every line.

    Raises:
        InputError: if there is none, or it cannot be read.
    """
    try:
        return with_line_feeds(open_input(path))
    except OSError as error:
        raise unreadable(path, error) from error


def read_text_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file without their ends.

    A line ends with LF or CR LF, or CR in a file of that kind; see :mod:`~dragoman.data.line_ends`. A byte-order mark
    at the beginning is dropped.

    Raises:
        InputError: if the file cannot be read, is not UTF-8 (it names the line and the byte) or has a line of 16 MiB.
    """
    return (line.removesuffix("\n").removesuffix("\r") for line in read_raw_lines(path))


def read_raw_lines(path: Path) -> Iterator[str]:
    """Like :func:`read_text_lines`, but each line keeps its end."""
    with open_text(path) as stream:
        for number, line in enumerate(limited_lines(stream, path), start=1):
            if line != BYTE_ORDER_MARK or number > 1:
                yield decoded(line, path, number)


def next_raw_lines(stream: ByteStream, file: Path | str, first: int, most: int) -> list[bytes]:
    """The next lines of a stream with their ends, as bytes; none at its end.

    The first has the byte-order mark, if there is one; a mark that is all there is counts as nothing.

    Args:
        stream: to be read.
        file: what a person calls it.
        first: number of the first of them, from 1.
        most: how many at most; fewer where lines are long.

    Raises:
        InputError: if they cannot be read, or one has 16 MiB.
    """
    lines: list[bytes] = []
    size = 0
    try:
        while len(lines) < most and size < _MOST_BYTES:
            # A few at once, which is fast, and not so many that a file without any line feed would fill the memory.
            asked = min(_AT_ONCE if lines else 1, most - len(lines))
            part = list(itertools.takewhile(len, map(stream.readline, itertools.repeat(_LONGEST_LINE, asked))))
            size += sum(map(len, part))
            if size >= _LONGEST_LINE:
                for place in (place for place, line in enumerate(part) if len(line) == _LONGEST_LINE):
                    raise _endless(file, first + len(lines) + place)
            lines += part
            if len(part) < asked:
                break
    except OSError as error:
        raise unreadable(file, error) from error
    return [] if first == 1 and lines == [BYTE_ORDER_MARK] else lines


def limited_lines(stream: ByteStream, file: Path | str, before: int = 0) -> Iterator[bytes]:
    """The lines of a stream with their ends, as bytes.

    Args:
        stream: to be read.
        file: what a person calls it.
        before: lines of it that were read already.

    Raises:
        InputError: if they cannot be read, or one has 16 MiB.
    """
    try:
        for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE), b""), start=before + 1):
            if len(line) == _LONGEST_LINE:
                raise _endless(file, number)
            yield line
    except OSError as error:
        raise unreadable(file, error) from error


def decoded(line: bytes, file: Path | str, number: int) -> str:
    """Line ``number``, from 1, of a file, without the byte-order mark that may begin the first.

    Raises:
        InputError: if it is not UTF-8.
    """
    if number == 1:
        line = line.removeprefix(BYTE_ORDER_MARK)
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf_8(file, number, line, error) from None


def _endless(file: Path | str, number: int) -> InputError:
    return InputError(
        f"a line of {_LONGEST_LINE >> 20} MiB or more without a line feed in it",
        file=file,
        line=number,
        cause="the file is not text, or its lines end with something else than a line feed.",
        remedy="give a text file with one sentence a line.",
    )


def _not_utf_8(file: Path | str, number: int, line: bytes, error: UnicodeDecodeError) -> InputError:
    wide = number == 1 and line.startswith(_UTF_16_MARKS)
    character = len(line[: error.start].decode("utf-8")) + 1
    return InputError(
        f"not UTF-8: byte 0x{line[error.start]:02x} at character {character} (byte {error.start + 1} of the line)",
        file=file,
        line=number,
        cause="the file is UTF-16, which some programs call Unicode." if wide else "the file has another encoding.",
        remedy=f"convert it first, for example with `iconv -f {'utf-16' if wide else 'latin1'} -t utf-8`.",
    )
