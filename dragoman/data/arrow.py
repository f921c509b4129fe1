"""One split of a dataset as an Arrow file: written as a stream, opened without a copy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
from jaxtyping import Int

_ROWS_PER_RECORD_BATCH = 65_536
_BYTES_PER_RECORD_BATCH = 1 << 26


class SplitWriter:
    """Writes a split as its examples come.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._sink = pa.OSFile(str(path), "wb")
        self._writer: pa.RecordBatchFileWriter | None = None
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
                if self._writer is not None:
                    self._writer.close()
        finally:
            self._sink.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Append encoded examples."""
        self._waiting.append(batch)
        self.rows += len(batch)
        rows, size = sum(map(len, self._waiting)), sum(batch.nbytes for batch in self._waiting)
        if rows >= _ROWS_PER_RECORD_BATCH or size >= _BYTES_PER_RECORD_BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer = self._writer or pa.ipc.new_file(self._sink, self._waiting[0].schema)
            for batch in pa.Table.from_batches(self._waiting).combine_chunks().to_batches():
                self._writer.write_batch(batch)
        self._waiting = []


def record_batch(
    columns: Mapping[str, pa.Array],
    corpora: Int[np.ndarray, " n"],
    files: Int[np.ndarray, " n"],
    lines: Int[np.ndarray, " n"],
) -> pa.RecordBatch:
    """Encoded examples as a split's file holds them.

    Args:
        columns: the encoded sources and targets.
        corpora: the number of each one's corpus.
        files: the number of each one's file.
        lines: the line of each in its file.
    """
    places = {"corpus": pa.array(corpora, pa.int16()), "file": pa.array(files, pa.int32())}
    return pa.RecordBatch.from_pydict({**columns, **places, "line": pa.array(lines, pa.int64())})


def open_table(path: Path) -> pa.Table:
    """What a split's file holds, mapped into memory: it stays on disk until it is looked at."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
