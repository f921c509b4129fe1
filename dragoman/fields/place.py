"""The place that a value came from, so that an error can name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dragoman.errors import InputError

Place = tuple[Path | str | None, int | None]
"""A file and a line in it, counted from 1; either may be unknown."""


@dataclass(frozen=True, slots=True)
class TablePlace:
    """The place that the rows of a table came from.

    >>> TablePlace("test.csv", lines=[2, 3, 7]).of(2)
    ('test.csv', 7)

    Attributes:
        file: file of the table; None for a table in memory.
        lines: number of the line on which each row begins, from 1; None if the table has no lines.
        column: heading of the column of pictures, if the table has one.
    """

    file: Path | str | None = None
    lines: Sequence[int] | None = None
    column: str | None = None

    def of(self, row: int) -> Place:
        """File and line of a row of the table, counted from 0."""
        return self.file, None if self.lines is None else self.lines[row]

    def only(self, row: int) -> TablePlace:
        """The place of a row of the table, counted from 0, that is taken by itself."""
        return self if self.lines is None else replace(self, lines=[self.lines[row]])

    def error(self, what: str, *, remedy: str, row: int | None = None, cause: str | None = None) -> InputError:
        """An error about the table, or about a row of it, counted from 0."""
        if row is None:
            return InputError(what, remedy=remedy, file=self.file, cause=cause)
        if self.lines is None:
            return InputError(f"row {row + 1:,}: {what}", remedy=remedy, file=self.file, cause=cause)
        return InputError(what, remedy=remedy, file=self.file, line=self.lines[row], cause=cause)
