"""Cleaned pairs set down on disk while a dataset is made, so that they can be gone through again and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from dragoman.data.pair_chunk import PairChunk
from dragoman.data.text_column import lines_of_column, text_column
from dragoman.native.lines import Lines

_SCHEMA = pa.schema(
    [
        ("source", pa.large_string()),
        ("target", pa.large_string()),
        ("corpus", pa.int16()),
        ("file", pa.int32()),
        ("line", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Some thousand pairs, column by column.

    Attributes:
        sources: the source of each.
        targets: the target of each.
        corpora: the number of each one's corpus.
        files: the number of each one's file.
        lines: its line there.
    """

    sources: Lines
    targets: Lines
    corpora: Int[np.ndarray, " n"]
    files: Int[np.ndarray, " n"]
    lines: Int[np.ndarray, " n"]

    def select(self, rows: Int[np.ndarray, " r"]) -> PairBatch:
        """Some rows, in the order given."""
        if np.array_equal(rows, np.arange(len(self))):
            return self
        sides = (self.sources.select(rows), self.targets.select(rows))
        return PairBatch(*sides, self.corpora[rows], self.files[rows], self.lines[rows])

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(slots=True)
class FileNames:
    """The numbers of files, by name, in the order in which they were met."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """Of a file, the next one if it is new."""
        return self.numbers.setdefault(name, len(self.numbers))


class Spool:
    """A file of pairs: written once, then read in batches as often as wished, never as a whole.

    Args:
        path: of the file; its folder exists.
        names: numbers the files of all pairs.
    """

    def __init__(self, path: Path, names: FileNames) -> None:
        self._path = path
        self._names = names
        self._writer = pa.ipc.new_file(pa.OSFile(str(path), "wb"), _SCHEMA)
        self.pairs = 0

    def write(self, pairs: PairChunk, corpus: int) -> None:
        """Append pairs of one corpus."""
        columns = [
            text_column(pairs.sources),
            text_column(pairs.targets),
            pa.array(np.full(len(pairs), corpus), pa.int16()),
            pa.array(self._numbers(pairs)[pairs.files], pa.int32()),
            pa.array(pairs.lines, pa.int64()),
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=_SCHEMA))
        self.pairs += len(pairs)

    def _numbers(self, pairs: PairChunk) -> Int[np.ndarray, " f"]:
        """The number of each of a chunk's files; files that no pair is from get none."""
        numbers = np.zeros(len(pairs.names), dtype=np.int64)
        used, first = np.unique(pairs.files, return_index=True)
        for place in used[np.argsort(first)].tolist():
            numbers[place] = self._names.number(pairs.names[place])
        return numbers

    def close(self) -> None:
        """End writing."""
        self._writer.close()

    def __iter__(self) -> Iterator[PairBatch]:
        """The batches in which the pairs were written."""
        with pa.OSFile(str(self._path), "rb") as file:
            reader = pa.ipc.open_file(file)
            for index in range(reader.num_record_batches):
                sources, targets, *places = reader.get_batch(index).columns
                corpora, files, lines = (column.to_numpy() for column in places)
                yield PairBatch(lines_of_column(sources), lines_of_column(targets), corpora, files, lines)
