"""A log that may grow, be rotated and be cut, as one stream of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from dragoman.data.formats.detection import format_by_name
from dragoman.errors import InputError
from dragoman.monitoring.json_log import JsonLog
from dragoman.monitoring.log_rows import LogReader, LogRows
from dragoman.monitoring.parquet_log import ParquetLog
from dragoman.monitoring.position import START, Position
from dragoman.progress.counting import Counting

_READERS: Mapping[str, Callable[[Path, Position], LogReader]] = MappingProxyType(
    {"json-lines": JsonLog, "parquet": ParquetLog}
)


class Log:
    """The rows of a log from a place on.

    Where the log was rotated since, what is left of the old one is read first if it is called ``FILE.1``, as
    ``logrotate`` calls it.

    Args:
        path: JSON lines or Parquet.
        at: where to begin.
        grows: whether more may be written to it later, so that a last line without an end is left for then.

    Attributes:
        remarks: sentences on what happened to the log.

    Raises:
        InputError: if it cannot be read, or is of another format.
    """

    def __init__(self, path: Path, at: Position = START, *, grows: bool = False) -> None:
        self.path, self.remarks, self._grows = path, list[str](), grows
        self._reader = _opened(path, path, at)
        self._is_old = False
        if self._reader.replaced:
            self._begin_anew(at)

    @property
    def position(self) -> Position:
        """The place behind the last row that was read."""
        return self._reader.position

    @property
    def place(self) -> Path:
        """The file that the last row was read from."""
        return _old(self.path) if self._is_old else self.path

    def counting(self, progress: bool | None) -> Counting:
        """What shows how much of the log is left; nothing where that is not known.

        Args:
            progress: whether it is shown; by default where a person watches.
        """
        length = self._reader.length()
        left = 0 if length is None else length - self.position.offset
        return Counting(max(left, 0), self._reader.unit, progress if left > 0 else False)

    def names(self) -> list[str]:
        """The fields of the rows, for errors."""
        return self._reader.names()

    def read(self, most: int) -> LogRows:
        """The next rows; none if there are none by now.

        Raises:
            InputError: if the log cannot be read, or a row is no object.
        """
        rows = self._reader.read(most, whole=self._is_old or not self._grows)
        if len(rows):
            return rows
        if self._is_old:
            self._open_current()
            return self.read(most)
        if self._grows and self._reader.replaced_since():
            # The old file is still open, and nothing is left in it.
            rows = self._reader.read(most, whole=True)
            self.remarks.append(f"the log was rotated or cut after line {self.position.line:,}: it begins anew")
            self._open_current()
            return rows if len(rows) else self.read(most)
        return rows

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def _open_current(self) -> None:
        self._reader.close()
        self._reader, self._is_old = _opened(self.path, self.path, START), False

    def _begin_anew(self, at: Position) -> None:
        old = _old(self.path)
        found = _opened(old, self.path, at) if old.is_file() else None
        if found is None or found.replaced:
            self.remarks.append(
                f"the log was rotated or cut after line {at.line:,}: it is read from its beginning, and what was "
                "written behind that line is not seen"
            )
        else:
            self.remarks.append(f"the log was rotated after line {at.line:,}: the rest of {old} was read first")
            self._reader.close()
            self._reader, self._is_old = found, True


def _old(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")


def _opened(path: Path, named: Path, at: Position) -> LogReader:
    """Open a file; the format goes by the name of another."""
    kind = format_by_name(named) or "json-lines"
    if kind not in _READERS:
        raise InputError(
            "a log is a file of JSON lines or Parquet, and this is neither by its name",
            file=named,
            remedy="give a file whose name ends in .jsonl or .parquet; `jq -c` writes JSON lines.",
        )
    return _READERS[kind](path, at)
