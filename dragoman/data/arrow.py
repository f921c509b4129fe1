"""One split of a dataset as an Arrow file: written as a stream, read from disk without a copy."""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from dragoman.data.spool import PairBatch
from dragoman.data.text_column import text_column
from dragoman.text.ragged import Ragged

_ROWS_PER_RECORD_BATCH = 65_536
_IDS = pa.list_(pa.int32())
_NUMBER = 4
"""Bytes of an id."""
_SCHEMA = pa.schema(
    [
        ("source_text", pa.large_string()),
        ("target_text", pa.large_string()),
        ("source_ids", _IDS),
        ("target_ids", _IDS),
        ("corpus", pa.int16()),
        ("file", pa.int32()),
        ("line", pa.int64()),
    ]
)


class SplitWriter:
    """Writes a split as its pairs come.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(self._sink, _SCHEMA)
        self._waiting: list[pa.RecordBatch] = []
        self.rows = 0

    def __enter__(self) -> SplitWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._flush()
                self._writer.close()
        finally:
            self._sink.close()

    def write(self, pairs: PairBatch, source_ids: Ragged, target_ids: Ragged) -> None:
        """Append pairs with their ids, each row ended by the end symbol."""
        columns = [
            text_column(pairs.sources),
            text_column(pairs.targets),
            _ragged(source_ids),
            _ragged(target_ids),
            pa.array(pairs.corpora, pa.int16()),
            pa.array(pairs.files, pa.int32()),
            pa.array(pairs.lines, pa.int64()),
        ]
        self._waiting.append(pa.RecordBatch.from_arrays(columns, schema=_SCHEMA))
        self.rows += len(pairs)
        if sum(batch.num_rows for batch in self._waiting) >= _ROWS_PER_RECORD_BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            for batch in pa.Table.from_batches(self._waiting).combine_chunks().to_batches():
                self._writer.write_batch(batch)
        self._waiting = []


def _ragged(rows: Ragged) -> pa.ListArray:
    return pa.ListArray.from_arrays(rows.offsets.astype(np.int32), rows.values, type=_IDS)


def open_table(path: Path) -> pa.Table:
    """What a split's file holds, mapped into memory: it stays on disk until it is looked at."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


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
