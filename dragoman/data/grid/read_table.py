"""Tables with columns of any type, as pandas reads them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragoman.data.table import find_column, read_rows, separator_of
from dragoman.errors import InputError

if TYPE_CHECKING:
    from pandas import DataFrame


def read_table(path: Path, kind: str) -> tuple[DataFrame, list[int]]:
    """A table, and the line that each row begins on (in Parquet the row itself, from 1).

    Numbers, truth values and missing ones are told as pandas does it; :func:`~dragoman.data.table.read_rows` says how
    the fields of a file are separated and quoted.

    Args:
        path: the file.
        kind: ``table``, ``json-lines`` or ``parquet``.

    Raises:
        InputError: if it cannot be read.
    """
    if kind not in TABLES:
        raise InputError(
            f"a file of format {kind} has no columns of any type",
            file=path,
            remedy="give a table: CSV, TSV, Parquet or JSON lines.",
        )
    frame, lines = TABLES[kind](path)
    if frame.empty:
        raise InputError("the table has no rows", file=path, remedy="give a table with a header and rows.")
    return frame, lines


def target_column(frame: DataFrame, name: str, path: Path | None) -> list[Any]:
    """The cells of a column.

    Raises:
        InputError: if there is none.
    """
    return frame.iloc[:, find_column([str(column) for column in frame.columns], name, path)].tolist()


def _separated(path: Path) -> tuple[DataFrame, list[int]]:
    import pandas as pd

    rows = read_rows(path)
    header = next(rows, None)
    if header is None:
        return pd.DataFrame(), []
    lines = [line for line, _ in rows]
    separator, quoted = separator_of(path)
    frame = pd.read_csv(
        path,
        sep=separator,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        encoding="utf-8-sig",
        index_col=False,
        low_memory=False,
    )
    frame.columns = header[1]
    return frame, lines


def _json_lines(path: Path) -> tuple[DataFrame, list[int]]:
    import pandas as pd

    from dragoman.data.formats.json_lines import read_objects

    found = list(read_objects(path))
    return pd.DataFrame([record for _, record in found]), [line for line, _ in found]


def _parquet(path: Path) -> tuple[DataFrame, list[int]]:
    from dragoman.data.formats.parquet import read_parquet_table

    frame: DataFrame = read_parquet_table(path).to_pandas()
    return frame, list(range(1, len(frame) + 1))


TABLES: dict[str, Callable[[Path], tuple[DataFrame, list[int]]]] = {
    "table": _separated,
    "json-lines": _json_lines,
    "parquet": _parquet,
}
"""What reads each format of a table."""
