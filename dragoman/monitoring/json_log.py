"""A log of JSON lines, read from a place on, while it grows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from dragoman.data.formats.json_lines import names_in, parse_object
from dragoman.data.open_input import open_input
from dragoman.data.text_file import decoded, next_raw_lines
from dragoman.monitoring.log_rows import LogRows, Record
from dragoman.monitoring.position import START, Position, digest

_LOOKED_BACK = 4096
_BLOCK = 1 << 20


class JsonLog:
    """A log with one JSON object a line.

    Args:
        path: a UTF-8 file, compressed or not.
        at: where to begin.

    Attributes:
        position: the place behind the last row that was read.
        replaced: whether the log has turned out not to be the one of the position that was asked for; then it is read
            from its beginning.
        unit: what positions count.

    Raises:
        InputError: if it cannot be read.
    """

    unit = "bytes"

    def __init__(self, path: Path, at: Position = START) -> None:
        self._path = path
        self._names: list[str] = []
        self._half = b""
        self._stream, self._tail = self._reached(at)
        self.replaced = digest(self._tail) != at.before
        if self.replaced:
            self._stream.close()
            self._stream, self._tail = self._reached(START)
        self.position = START if self.replaced else at

    def read(self, most: int, *, whole: bool) -> LogRows:
        """The next rows; none at the end. Blank lines are passed over.

        Args:
            most: the most lines that are read.
            whole: whether nothing more is written to the log, so that a last line without an end is a row.

        Raises:
            InputError: if the log cannot be read or is not UTF-8, or a line is no JSON object.
        """
        records: list[Record] = []
        numbers: list[int] = []
        while not records and (lines := self._next_lines(most, whole)):
            begin = self.position.line + 1
            for number, line in enumerate(lines, start=begin):
                text = decoded(line, self._path, number)
                if text.strip():
                    records.append(parse_object(text, self._path, number))
                    numbers.append(number)
            data = b"".join(lines)
            self._tail = (self._tail + data)[-_LOOKED_BACK:]
            self.position = Position(self.position.offset + len(data), begin - 1 + len(lines), digest(self._tail))
        if records:
            self._names = names_in(records[-1])
        return LogRows(records, numbers)

    def _next_lines(self, most: int, whole: bool) -> list[bytes]:
        lines = next_raw_lines(self._stream, self._path, self.position.line + 1, most)
        if self._half:
            lines = [self._half + (lines[0] if lines else b""), *lines[1:]]
            self._half = b""
        if lines and not lines[-1].endswith(b"\n") and not whole:
            self._half = lines.pop()
        return lines

    def length(self) -> int | None:
        """Bytes of the file; None if it is compressed."""
        try:
            return os.fstat(self._stream.fileno()).st_size if self._stream.seekable() else None
        except OSError:
            return None

    def names(self) -> list[str]:
        """The fields of the last row that was read."""
        return self._names

    def replaced_since(self) -> bool:
        """Whether another file has taken the log's place since it was opened, or it was cut."""
        if not self._stream.seekable():
            return False
        try:
            here, opened = os.stat(self._path), os.fstat(self._stream.fileno())
        except OSError:
            return False
        return (here.st_dev, here.st_ino) != (opened.st_dev, opened.st_ino) or here.st_size < self.position.offset

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _reached(self, at: Position) -> tuple[BinaryIO, bytes]:
        """The log from a place on, and what stands right before it; that is nothing where the log is shorter."""
        stream = open_input(self._path, once=True)
        back = min(at.offset, _LOOKED_BACK)
        left = at.offset - back
        if stream.seekable():
            stream.seek(left)
        else:
            while left and (block := stream.read(min(left, _BLOCK))):
                left -= len(block)
        return stream, stream.read(back) if back else b""
