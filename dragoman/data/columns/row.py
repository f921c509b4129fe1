"""Rows of a table, stored as numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float32, Int, Int64

from dragoman.contracts import Rows
from dragoman.data.cells import Cells, frame_of
from dragoman.data.columns.column import Column
from dragoman.data.columns.encoded import Encoded, Whereabouts
from dragoman.data.columns.expected import ExpectedColumn
from dragoman.data.rendering import Rendering
from dragoman.fields.row import RowField


class RowColumn(Column[RowField, Rows]):
    """The numbers of each row, and the numbers of its categories; all are held in memory."""

    def __init__(self, table: pa.Table, side: str, field: RowField, rendering: Rendering | None) -> None:
        del rendering
        self._numbers = matrix_of(table.column(f"{side}_numbers"), field.numbers, np.float32)
        self._categories = matrix_of(table.column(f"{side}_categories"), len(field.category_sizes), np.int64)
        self.lengths: Int[np.ndarray, " n"] = np.ones(table.num_rows, dtype=np.int64)

    @staticmethod
    def expected(side: str, field: RowField, *, rendered: bool) -> dict[str, ExpectedColumn]:
        """Lists of numbers and of categories, one for each row."""
        del rendered
        sizes = field.category_sizes
        return {
            f"{side}_numbers": ExpectedColumn(pa.list_(pa.float32()), width=field.numbers),
            f"{side}_categories": ExpectedColumn(pa.list_(pa.int64()), below=max(sizes, default=0), width=len(sizes)),
        }

    @staticmethod
    def encode(side: str, field: RowField, cells: Cells, where: Whereabouts) -> Encoded:
        """The numbers and categories of each row.

        Raises:
            InputError: if a cell cannot be used.
        """
        places = where.places()
        file = places[0][0] if places else None
        encoded = field.encode(frame_of(cells), file=file, lines=[line or 0 for _, line in places])
        return Encoded(row_columns(side, encoded.numbers, encoded.categories), report=encoded.report)

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None = None) -> Rows:
        """These rows."""
        del generator
        return Rows(torch.from_numpy(self._numbers[indices]), torch.from_numpy(self._categories[indices]))


def row_columns(
    side: str, numbers: Float32[np.ndarray, "n d"], categories: Int64[np.ndarray, "n c"]
) -> dict[str, pa.Array]:
    """What is written of rows: the numbers and the categories of each."""
    return {
        f"{side}_numbers": _lists(numbers, pa.float32()),
        f"{side}_categories": _lists(categories, pa.int64()),
    }


def _lists(matrix: np.ndarray, kind: pa.DataType) -> pa.ListArray:
    rows, width = matrix.shape
    ends = pa.array(np.arange(rows + 1) * width, pa.int32())
    return pa.ListArray.from_arrays(ends, pa.array(np.ascontiguousarray(matrix).reshape(-1), kind), type=pa.list_(kind))


def matrix_of(column: pa.ChunkedArray, width: int, kind: type[np.generic]) -> np.ndarray:
    """A stored column of lists, each with ``width`` numbers, as a matrix with a row for each list."""
    flat = column.combine_chunks().flatten() if column.num_chunks != 1 else column.chunk(0).flatten()
    return np.asarray(flat.to_numpy(zero_copy_only=False), dtype=kind).reshape(len(column), width)
