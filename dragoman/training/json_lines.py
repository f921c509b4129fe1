"""A file of records that a run appends to: one line of JSON for each."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from io import FileIO
from pathlib import Path
from typing import Any

from dragoman.errors import DamagedFileError, OutputError
from dragoman.reports.written import finite
from dragoman.storage.failure import unwritable
from dragoman.storage.folder import write_file

Record = dict[str, Any]


class JsonLines:
    """A file of records, one line of JSON each, that is only appended to.

    A line is handed to the operating system in one piece as soon as it is known, so a killed run loses none. A number
    that is not finite is written as null.

    Args:
        path: the path of the file, whose folder exists.
        title: how errors call the file, such as ``history``.
    """

    def __init__(self, path: Path, title: str) -> None:
        self.path = path
        self._title = title
        self._file: FileIO | None = None

    def open(self) -> None:
        """Make the file if it is not there.

        Raises:
            OutputError: if it cannot be written; the methods below raise it in the same case.
        """
        self._opened()

    def append(self, record: Mapping[str, object]) -> None:
        """Write one record as a line."""
        text = json.dumps(finite(record), ensure_ascii=False, allow_nan=False)
        # A lone surrogate has no UTF-8; its backslash escape is what JSON itself would write.
        data = memoryview((text + "\n").encode("utf-8", "backslashreplace"))
        file = self._opened()
        try:
            while data:
                data = data[file.write(data) :]
        except OSError as error:
            raise self._unwritable(error) from error

    def sync(self) -> None:
        """Force what was written to the disk."""
        if self._file is not None:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                raise self._unwritable(error) from error

    def close(self) -> None:
        """Close the file; the next record opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def truncate(self, update: int, place: Callable[[Record], int] = lambda record: record["update"]) -> None:
        """Drop the lines after the last whose place is not after ``update``, and a torn last line.

        Args:
            update: number of the update that the run goes on from.
            place: function that gives the number of the update which a run would go on from after a record.

        Raises:
            DamagedFileError: if a line other than the last is not a record.
        """
        self.close()
        if self.path.exists():
            lines = records(self.path)
            kept = max((n for n, (_, record) in enumerate(lines, start=1) if place(record) <= update), default=0)
            write_file(self.path, b"".join(line + b"\n" for line, _ in lines[:kept]))

    def _opened(self) -> FileIO:
        if self._file is None:
            try:
                self._file = FileIO(self.path, "ab")
            except OSError as error:
                raise self._unwritable(error) from error
        return self._file

    def _unwritable(self, error: OSError) -> OutputError:
        return unwritable(self.path, error, what=f"the {self._title} cannot be written")


def records(path: Path) -> list[tuple[bytes, Record]]:
    """The complete lines of a file, each with its record. The last line may be torn by a crash and is then left out.

    Raises:
        DamagedFileError: if another line is not a record.
    """
    *complete, _torn = path.read_bytes().split(b"\n")
    found = []
    for number, line in enumerate(complete, start=1):
        record = _parsed(line)
        if record is not None:
            found.append((line, record))
        elif number < len(complete):
            raise DamagedFileError(
                "this line is not a record of a run",
                file=path,
                line=number,
                cause="the file was edited, or the disk failed",
                remedy="delete this line.",
            )
    return found


def _parsed(line: bytes) -> Record | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("update"), int) else None
