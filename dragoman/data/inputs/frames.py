"""DataFrames as chunks of examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from dragoman.data.cells import Cells
from dragoman.data.chunk import CHUNK, Chunk
from dragoman.data.table import find_column

if TYPE_CHECKING:
    from pandas import DataFrame

FRAME = "DataFrame"
"""Stands for the name of a file."""


def column_of(frame: DataFrame, name: str, path: Path | None = None) -> list[object]:
    """The cells of a column.

    Args:
        frame: the table.
        name: the column's heading.
        path: the file of the table, for errors.

    Raises:
        InputError: if there is no such column.
    """
    return frame.iloc[:, find_column([str(column) for column in frame.columns], name, path)].tolist()


def frame_chunks(sources: Cells, targets: Cells, rows: int = CHUNK) -> Iterator[Chunk]:
    """Rows of a DataFrame, counted from 1, some at a time."""
    return table_chunks(sources, targets, FRAME, np.arange(1, len(targets) + 1), rows)


def table_chunks(
    sources: Cells, targets: Cells, file: str, lines: Int[np.ndarray, " n"], rows: int = CHUNK
) -> Iterator[Chunk]:
    """Rows of a table, some at a time.

    Args:
        sources: the source of every row.
        targets: the target of every row.
        file: the name of the table's file.
        lines: the line on which each row begins.
        rows: the most that a chunk holds.
    """
    for begin in range(0, len(targets), rows):
        part = np.arange(begin, min(begin + rows, len(targets)))
        numbers = np.zeros(len(part), dtype=np.int64)
        yield Chunk(sources.select(part), targets.select(part), [file], numbers, lines[part])
