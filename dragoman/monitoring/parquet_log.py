"""A log in a Parquet file."""

from __future__ import annotations

from pathlib import Path

from dragoman.data.formats.parquet import explained_parquet, parquet_batches, parquet_rows
from dragoman.monitoring.log_rows import LogRows, Record
from dragoman.monitoring.position import START, Position, digest


class ParquetLog:
    """A log in a Parquet file, which grows only by being written anew. Arguments, attributes and errors are those of
    :class:`~dragoman.monitoring.json_log.JsonLog`."""

    unit = "rows"

    def __init__(self, path: Path, at: Position = START) -> None:
        self._path = path
        self._batches = parquet_batches(path)
        self._waiting: list[Record] = []
        self._names: list[str] = []
        before = self._skip(at.offset)
        self.replaced = before != at.before
        if self.replaced:
            self._batches, self._waiting = parquet_batches(path), []
        self.position = START if self.replaced else at

    def read(self, most: int, *, whole: bool) -> LogRows:
        """The next rows; none at the end.

        Args:
            most: the most rows that are read.
            whole: whether nothing more is written to the log.

        Raises:
            InputError: if the file cannot be read.
        """
        del whole
        while len(self._waiting) < most and self._more():
            pass
        records, self._waiting = self._waiting[:most], self._waiting[most:]
        first = self.position.offset + 1
        numbers = list(range(first, first + len(records)))
        if records:
            end = first - 1 + len(records)
            self.position, self._names = Position(end, end, _digest(records[-1])), list(records[-1])
        return LogRows(records, numbers)

    def length(self) -> int | None:
        """Rows of the file."""
        return parquet_rows(self._path)

    def names(self) -> list[str]:
        """The columns."""
        return self._names

    def replaced_since(self) -> bool:
        """A file that was opened is read to its end."""
        return False

    def close(self) -> None:
        """Close the file."""
        self._batches.close()

    def _more(self) -> bool:
        batch = next(self._batches, None)
        if batch is not None:
            with explained_parquet(self._path):
                self._waiting += batch.to_pylist()
        return batch is not None

    def _skip(self, rows: int) -> str:
        """Pass over rows: the digest of the last of them; empty if there are not so many."""
        last = ""
        while rows:
            if not self._waiting and not self._more():
                return ""
            passed = self._waiting[:rows]
            rows, self._waiting, last = rows - len(passed), self._waiting[len(passed) :], _digest(passed[-1])
        return last


def _digest(record: Record) -> str:
    return digest(repr(sorted(record.items(), key=lambda item: item[0])).encode("utf-8", "backslashreplace"))
