"""Cleaned pairs set down on disk while a dataset is made, so that they can be gone through again and again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from dragoman.data.pair import Pair

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

    sources: list[str]
    targets: list[str]
    corpora: list[int]
    files: list[int]
    lines: list[int]

    def select(self, rows: Iterable[int]) -> PairBatch:
        """Some rows, in the order given."""
        chosen = list(rows)
        if chosen == list(range(len(self))):
            return self
        return PairBatch(
            [self.sources[row] for row in chosen],
            [self.targets[row] for row in chosen],
            [self.corpora[row] for row in chosen],
            [self.files[row] for row in chosen],
            [self.lines[row] for row in chosen],
        )

    def __len__(self) -> int:
        return len(self.sources)


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

    def write(self, pairs: list[Pair], corpus: int) -> None:
        """Append pairs of one corpus."""
        columns = {
            "source": [pair.source for pair in pairs],
            "target": [pair.target for pair in pairs],
            "corpus": [corpus] * len(pairs),
            "file": [self._names.number(pair.file) for pair in pairs],
            "line": [pair.line for pair in pairs],
        }
        self._writer.write_batch(pa.RecordBatch.from_pydict(columns, schema=_SCHEMA))
        self.pairs += len(pairs)

    def close(self) -> None:
        """End writing."""
        self._writer.close()

    def __iter__(self) -> Iterator[PairBatch]:
        """The batches in which the pairs were written."""
        with pa.OSFile(str(self._path), "rb") as file:
            reader = pa.ipc.open_file(file)
            for index in range(reader.num_record_batches):
                yield PairBatch(*(column.to_pylist() for column in reader.get_batch(index).columns))
