"""The next rows of a log, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dragoman.monitoring.position import Position

Record = dict[str, object]


@dataclass(frozen=True, slots=True)
class LogRows:
    """Some rows of a log.

    Attributes:
        records: the fields of each row.
        lines: the line of each row, from 1; of Parquet its number.
    """

    records: list[Record]
    lines: list[int]

    def __len__(self) -> int:
        return len(self.records)


class LogReader(Protocol):
    """The interface of what reads a log.

    Attributes:
        position: the place behind the last row that was read.
        replaced: whether the log has turned out not to be the one of the position that was asked for.
        unit: plural name of what positions count.
    """

    position: Position
    replaced: bool
    unit: str

    def read(self, most: int, *, whole: bool) -> LogRows:
        """The next rows; none at the end.

        Args:
            most: the most rows that are read.
            whole: whether nothing more is written to the log, so that a last line without an end is a row.

        Raises:
            InputError: if the log cannot be read, or a row is no object.
        """
        ...

    def length(self) -> int | None:
        """How long the log is by now, in the unit of positions; None if that is not known."""
        ...

    def names(self) -> list[str]:
        """The fields of the rows, for errors."""
        ...

    def replaced_since(self) -> bool:
        """Whether another file has taken the log's place since it was opened, or it was cut."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...
