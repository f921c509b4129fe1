"""One split of a dataset as an Arrow file: written as a stream, read from disk without a copy."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Int

_ROWS_PER_RECORD_BATCH = 65_536
_SCHEMA = pa.schema(
    [
        ("source_text", pa.large_string()),
        ("target_text", pa.large_string()),
        ("source_ids", pa.list_(pa.int32())),
        ("target_ids", pa.list_(pa.int32())),
        ("line", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class EncodedPair:
    """A sentence pair with its ids, each side ended by the end symbol, and its line in its file."""

    source_text: str
    target_text: str
    source_ids: list[int]
    target_ids: list[int]
    line: int


def write_pairs(path: Path, pairs: Iterable[EncodedPair]) -> int:
    """Write pairs as they come and return how many there were."""
    count = 0
    pairs = iter(pairs)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
        while part := list(itertools.islice(pairs, _ROWS_PER_RECORD_BATCH)):
            columns = {name: [getattr(pair, name) for pair in part] for name in _SCHEMA.names}
            writer.write_batch(pa.RecordBatch.from_pydict(columns, schema=_SCHEMA))
            count += len(part)
    return count


class RaggedColumn:
    """A column of id lists, over all record batches of a file.

    Args:
        column: the lists; their numbers stay where they are, on disk.
    """

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._values = [np.asarray(chunk.values) for chunk in column.chunks]
        self._offsets = [np.asarray(chunk.offsets, dtype=np.int64) for chunk in column.chunks]
        sizes = [len(offsets) - 1 for offsets in self._offsets]
        self._first_rows = np.cumsum([0, *sizes])
        self.lengths: Int[np.ndarray, " n"] = np.concatenate(
            [np.diff(offsets) for offsets in self._offsets] or [np.zeros(0, np.int64)]
        ).astype(np.int32)

    def gather(self, rows: Int[np.ndarray, " B"]) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " B"]]:
        """The numbers of ``rows`` end to end, in that order, with the length of each row."""
        lengths = self.lengths[rows].astype(np.int64)
        ends = np.cumsum(lengths)
        gathered = np.empty(int(ends[-1]) if len(ends) else 0, dtype=np.int64)
        chunks = np.searchsorted(self._first_rows, rows, side="right") - 1
        for chunk in np.unique(chunks):
            of_chunk = np.flatnonzero(chunks == chunk)
            begins = self._offsets[chunk][rows[of_chunk] - self._first_rows[chunk]]
            sizes = lengths[of_chunk]
            within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            places = np.repeat(ends[of_chunk] - sizes, sizes) + within
            gathered[places] = self._values[chunk][np.repeat(begins, sizes) + within]
        return gathered, lengths
