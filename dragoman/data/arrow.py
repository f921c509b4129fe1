"""One split of a dataset as an Arrow file: written as a stream, opened without a copy."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa

from dragoman.data.spool import PairBatch
from dragoman.data.text_column import text_column
from dragoman.text.ragged import Ragged

_ROWS_PER_RECORD_BATCH = 65_536
_IDS = pa.list_(pa.int32())
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
