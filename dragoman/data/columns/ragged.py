"""Lists of ids in an Arrow file that is mapped into memory, gathered without a copy of the whole."""

from __future__ import annotations

import ctypes

import numpy as np
import pyarrow as pa
from jaxtyping import Int

_NUMBER = 4
"""Bytes of an id."""


class RaggedColumn:
    """A column of id lists, over all record batches of a file.

    Args:
        column: the lists, of a file that is mapped into memory; their numbers stay where they are, on disk.
    """

    def __init__(self, column: pa.ChunkedArray) -> None:
        # Held, because the numbers are read where it has them.
        self._column = column
        self._values = [np.asarray(chunk.values) for chunk in column.chunks]
        self._offsets = [np.asarray(chunk.offsets, dtype=np.int64) for chunk in column.chunks]
        self.lengths: Int[np.ndarray, " n"] = np.concatenate(
            [np.diff(offsets) for offsets in self._offsets] or [np.zeros(0, np.int64)]
        ).astype(np.int32)
        self._all, self._begins = self._as_one()

    def _as_one(self) -> tuple[Int[np.ndarray, " m"], Int[np.ndarray, " n"]]:
        """All that lies between the first number of the column and its last as one array, and where in it each row
        begins: what lies between two record batches is never looked at, and no row is searched for in many."""
        pieces = [values for values in self._values if len(values)]
        if not pieces:
            return np.zeros(0, np.int32), np.zeros(len(self.lengths), np.int64)
        first = min(values.ctypes.data for values in pieces)
        last = max(values.ctypes.data + values.nbytes for values in pieces)
        numbers = (ctypes.c_int32 * ((last - first) // _NUMBER)).from_address(first)
        begins = [
            (values.ctypes.data - first) // _NUMBER + offsets[:-1]
            for values, offsets in zip(self._values, self._offsets, strict=True)
        ]
        return np.ctypeslib.as_array(numbers), np.concatenate(begins)

    def parts(self) -> list[Int[np.ndarray, " m"]]:
        """The numbers of each record batch."""
        return [values[ends[0] : ends[-1]] for values, ends in zip(self._values, self._offsets, strict=True)]

    def gather(self, rows: Int[np.ndarray, " B"]) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " B"]]:
        """The numbers of ``rows`` end to end, in that order, with the length of each row."""
        lengths = self.lengths[rows].astype(np.int64)
        ends = np.cumsum(lengths)
        within = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - lengths, lengths)
        return self._all[np.repeat(self._begins[rows], lengths) + within].astype(np.int64), lengths


class ChainedColumn:
    """The numbers of all rows end to end, in their order.

    Args:
        column: whose rows.
    """

    def __init__(self, column: RaggedColumn) -> None:
        self._parts = column.parts()
        self._first = np.cumsum([0, *map(len, self._parts)])

    def __len__(self) -> int:
        return int(self._first[-1])

    def __getitem__(self, places: Int[np.ndarray, " m"]) -> Int[np.ndarray, " m"]:
        """The numbers at these places, each from 0 to one less than the length."""
        parts = np.searchsorted(self._first, places, side="right") - 1
        found = np.empty(len(places), dtype=np.int64)
        for part in np.unique(parts):
            of_part = parts == part
            found[of_part] = self._parts[part][places[of_part] - self._first[part]]
        return found
