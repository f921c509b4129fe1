"""Tables with columns of any type."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from dragoman.data.chunk import CHUNK
from dragoman.data.formats.detection import seems_to_be
from dragoman.data.open_input import open_input
from dragoman.data.table import read_rows
from dragoman.errors import InputError
from dragoman.fields.typed_text import Decimal, typed_columns

if TYPE_CHECKING:
    from pandas import DataFrame


_LOOKED_AT = 4096


@dataclass(frozen=True, slots=True)
class Writing:
    """What a person says of how a file of separated values is written.

    Attributes:
        separator: what separates its fields; None to tell it.
        decimal: what stands before the fraction of a number.
    """

    separator: str | None = None
    decimal: Decimal = "auto"


TOLD = Writing()
"""Nothing, so that the file tells it."""


def read_table(path: Path, kind: str, writing: Writing = TOLD) -> tuple[DataFrame, list[int]]:
    """A table, and the line that each row begins on (in Parquet the row itself, from 1).

    :func:`~dragoman.data.table.read_rows` says how the fields of a file are separated and quoted, and
    :func:`~dragoman.fields.typed_text.typed_columns` how its columns get their types. Columns without a heading and
    without any cell, which separators at the ends of lines make, are left out.

    Args:
        path: the file.
        kind: ``table``, ``json-lines`` or ``parquet``.
        writing: how a file of separated values is written.

    Raises:
        InputError: if it cannot be read.
    """
    if kind not in TABLES:
        raise no_table(path)
    frame, lines = TABLES[kind](path, writing)
    if frame.empty:
        raise no_rows(path)
    return frame, lines


def no_rows(path: Path) -> InputError:
    """The error for a table without rows."""
    return InputError("the table has no rows", file=path, remedy="give a table with a header and rows.")


def no_table(path: Path) -> InputError:
    """The error for a file that is no table; it says what the file seems to be."""
    seems = None
    if path.is_file():
        with open_input(path) as stream:
            seems = seems_to_be(stream.read(_LOOKED_AT), path.name)
    return InputError(
        f"this is no table that can be read: it seems to be {seems or 'something else'}",
        file=path,
        remedy="save it as CSV, and give that; TSV, Parquet and JSON lines are read too. --format table says that a "
        "file of another name is a table.",
    )


def _separated(path: Path, writing: Writing) -> tuple[DataFrame, list[int]]:
    import pandas as pd

    rows = read_rows(path, writing.separator)
    header = next(rows, None)
    lines: list[int] = []
    cells: list[list[str]] = []
    for line, row in rows:
        lines.append(line)
        cells.append(row)
    if header is None or not cells:
        return pd.DataFrame(), []
    columns = list(zip(*cells, strict=True))
    names = [name.strip() for name in header[1]]
    kept = [place for place, name in enumerate(names) if name or any(map(str.strip, columns[place]))]
    typed = typed_columns([columns[place] for place in kept], writing.decimal)
    frame = pd.concat(typed, axis=1) if typed else pd.DataFrame()
    frame.columns = [names[place] for place in kept]
    return frame, lines


def set_down(path: Path, separator: str | None, place: Path) -> tuple[list[str], Int[np.ndarray, " n"]]:
    """Write the cells of a file of separated values, as they are, into an Arrow file, so that the table need not be in
    memory as a whole.

    Args:
        path: the file.
        separator: what separates its fields; None to tell it.
        place: the Arrow file, whose columns are called by their places.

    Returns:
        The headings, and the line that each row begins on.

    Raises:
        InputError: if the file cannot be read, or has no rows.
    """
    rows = read_rows(path, separator)
    header = next(rows, None)
    lines = [np.zeros(0, dtype=np.int64)]
    if header is not None:
        schema = pa.schema([(str(number), pa.string()) for number in range(len(header[1]))])
        with pa.OSFile(str(place), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            while part := list(itertools.islice(rows, CHUNK)):
                lines.append(np.array([line for line, _ in part], dtype=np.int64))
                columns = [pa.array(cells, pa.string()) for cells in zip(*(row for _, row in part), strict=True)]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    if header is None or len(lines) == 1:
        raise no_rows(path)
    return [name.strip() for name in header[1]], np.concatenate(lines)


def _json_lines(path: Path, _writing: Writing) -> tuple[DataFrame, list[int]]:
    import pandas as pd

    from dragoman.data.formats.json_lines import read_objects

    found = list(read_objects(path))
    return pd.DataFrame([record for _, record in found]), [line for line, _ in found]


def _parquet(path: Path, _writing: Writing) -> tuple[DataFrame, list[int]]:
    from dragoman.data.formats.parquet import read_parquet_table

    frame: DataFrame = read_parquet_table(path).to_pandas()
    return frame, list(range(1, len(frame) + 1))


TABLES: dict[str, Callable[[Path, Writing], tuple[DataFrame, list[int]]]] = {
    "table": _separated,
    "json-lines": _json_lines,
    "parquet": _parquet,
}
"""What reads each format of a table."""
