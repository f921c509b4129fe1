"""Tables that a command reads: their cells as they stand there, and their rows as a model was trained on such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from dragoman.data.formats.column_names import no_such_column
from dragoman.data.formats.detection import format_by_name
from dragoman.data.inputs.picture import pictures_in
from dragoman.data.read_table import TABLES, TOLD, Writing, read_table
from dragoman.data.table import read_rows
from dragoman.errors import InputError
from dragoman.fields.cells import is_missing
from dragoman.fields.place import TablePlace
from dragoman.fields.typed_text import Decimal

if TYPE_CHECKING:
    from pandas import DataFrame


def is_table(path: Path) -> bool:
    """Whether the name of a file ends as that of a table does."""
    return format_by_name(path) in TABLES


def writing_of(separator: str | None, decimal: str | None) -> Writing:
    """What was said of how a table is written.

    Raises:
        InputError: if the separator is no single character, or the mark is neither point nor comma.
    """
    separator = "\t" if separator in ("tab", "\\t") else separator
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        raise InputError(
            f"--separator {separator!r} is no separator of fields", remedy="give one character, such as ;, or tab."
        )
    if decimal not in (None, "auto", "point", "comma"):
        raise InputError(f"--decimal {decimal}: there is no such mark", remedy="give point or comma.")
    return Writing(separator, cast(Decimal, decimal or "auto"))


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the line that each row begins on.

    Attributes:
        path: the file.
        header: the columns.
        columns: their cells: text, or what a file with types of its own holds.
        lines: line numbers of the rows.
        writing: how a file of separated values is written.
    """

    path: Path
    header: list[str]
    columns: list[list[Any]]
    lines: list[int]
    writing: Writing = TOLD

    @classmethod
    def read(cls, path: Path, column: str | None = None, writing: Writing = TOLD) -> Table:
        """The table in a file that :func:`is_table`. If ``column`` is a number and no name in it, columns have numbers,
        from 1, and there is no header line, as :func:`~dragoman.data.corpora.read_table` has it.

        Raises:
            InputError: if it cannot be read, or has no rows.
        """
        kind = format_by_name(path)
        assert kind is not None
        if kind != "table":
            frame, lines = read_table(path, kind)
            cells = [frame.iloc[:, place].astype(object).tolist() for place in range(frame.shape[1])]
            return cls(path, [str(name) for name in frame.columns], cells, lines)
        rows = list(read_rows(path, writing.separator))
        header = rows[0][1] if rows else []
        if column is not None and column.isdecimal() and column not in header:
            header = [str(place) for place in range(1, len(header) + 1)]
        else:
            rows = rows[1:]
        if not rows:
            raise InputError("the table has no rows", file=path, remedy="give a table with a header and rows.")
        return cls(
            path,
            header,
            list(map(list, zip(*(row for _, row in rows), strict=True))),
            [line for line, _ in rows],
            writing,
        )

    def frame(self) -> DataFrame:
        """The rows with the types that training would see.

        Raises:
            InputError: if it cannot be read.
        """
        kind = format_by_name(self.path)
        assert kind is not None
        return read_table(self.path, kind, self.writing)[0]

    def place(self, column: str | None = None) -> TablePlace:
        """Where its rows are, for errors."""
        return TablePlace(self.path, self.lines, column)

    def texts(self, column: str) -> list[str]:
        """The texts in a column; what is missing is empty.

        Raises:
            InputError: if there is no such column, or a cell holds something else.
        """
        texts = []
        for row, value in enumerate(self.column(column)):
            if not isinstance(value, str) and not is_missing(value):
                raise self.place().error(
                    f"column `{column}` holds {value!r}, which is {type(value).__name__} and not text",
                    row=row,
                    remedy="name a column of texts with --column.",
                )
            texts.append(value if isinstance(value, str) else "")
        return texts

    def pictures(self, column: str) -> list[Path | bytes]:
        """The pictures in a column: their paths, which count from the table's folder, or the bytes of their files.

        Raises:
            InputError: if there is no such column, or a cell holds something else.
        """
        return pictures_in(self.column(column), self.place(column))

    def column(self, name: str) -> Sequence[object]:
        """The cells of a column; ``a.b`` is ``b`` inside ``a``, unless there is a column of that very name.

        Raises:
            InputError: if there is none.
        """
        if name in self.header:
            return self.columns[self.header.index(name)]
        outer = next((other for other in self.header if name.startswith(f"{other}.")), None)
        if outer is None:
            raise self._no_column(name)
        keys = name.removeprefix(f"{outer}.").split(".")
        return [self._inside(cell, keys, name) for cell in self.columns[self.header.index(outer)]]

    def printable(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows as text, without columns that hold pictures' bytes."""
        kept = [place for place, cells in enumerate(self.columns) if not any(map(_has_bytes, cells))]
        rows = [[_shown(self.columns[place][row]) for place in kept] for row in range(len(self.lines))]
        return [self.header[place] for place in kept], rows

    def _inside(self, cell: object, keys: list[str], name: str) -> object:
        for key in keys:
            if is_missing(cell):
                return None
            if not isinstance(cell, dict) or key not in cell:
                raise self._no_column(name)
            cell = cell[key]
        return cell

    def _no_column(self, name: str) -> InputError:
        error = no_such_column(name, self.header, self.path)
        named = error.remedy if error.remedy.startswith("did you mean") else "name one of these with --column."
        return InputError(error.what, file=self.path, remedy=named)


def _has_bytes(cell: object) -> bool:
    return isinstance(cell, bytes) or (isinstance(cell, dict) and isinstance(cell.get("bytes"), bytes))


def _shown(cell: object) -> str:
    return cell if isinstance(cell, str) else "" if is_missing(cell) else str(cell)
