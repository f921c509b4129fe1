"""Cleaned examples set down on disk while a dataset is made, so that they can be gone through again and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from dragoman.data.cells import Absent, Blobs, Cells, Held, Paths, Store
from dragoman.data.chunk import Chunk
from dragoman.data.text_column import lines_of_column, text_column
from dragoman.fields.place import Place
from dragoman.native.lines import Lines

_OF_SIDE = {"text": pa.large_string(), "path": pa.large_string(), "blob": pa.large_binary(), "store": pa.int32()}
_SIDES = ("source", "target")
_SCHEMA = pa.schema(
    [
        *((f"{side}_{name}", kind) for side in _SIDES for name, kind in {**_OF_SIDE, "row": pa.int64()}.items()),
        ("corpus", pa.int16()),
        ("file", pa.int32()),
        ("line", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class ExampleBatch:
    """Some thousand examples, column by column.

    Attributes:
        sources: the source of each.
        targets: the target of each.
        corpora: the number of each one's corpus.
        files: the number of each one's file.
        lines: the line of each in its file.
    """

    sources: Cells
    targets: Cells
    corpora: Int[np.ndarray, " n"]
    files: Int[np.ndarray, " n"]
    lines: Int[np.ndarray, " n"]

    def select(self, rows: Int[np.ndarray, " r"]) -> ExampleBatch:
        """Some rows, in the order given."""
        if np.array_equal(rows, np.arange(len(self))):
            return self
        sides = (self.sources.select(rows), self.targets.select(rows))
        return ExampleBatch(*sides, self.corpora[rows], self.files[rows], self.lines[rows])

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(slots=True)
class FileNames:
    """The numbers of files, by name, in the order in which they were met."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """The number of a file, the next one if it is new."""
        return self.numbers.setdefault(name, len(self.numbers))

    def places(self, batch: ExampleBatch) -> list[Place]:
        """The file and the line of each example."""
        names = list(self.numbers)
        return [(names[file], line) for file, line in zip(batch.files.tolist(), batch.lines.tolist(), strict=True)]


class Spool:
    """A file of examples: written once, then read in batches as often as wished, never as a whole.

    Args:
        path: the file; its folder exists.
        names: numbers the files of all examples.

    Attributes:
        stores: what the examples refer to that is not set down here.
        examples: how many were written.
    """

    def __init__(self, path: Path, names: FileNames) -> None:
        self._path = path
        self._names = names
        self._writer = pa.ipc.new_file(pa.OSFile(str(path), "wb"), _SCHEMA)
        self.stores: list[Store] = []
        self.examples = 0

    def write(self, chunk: Chunk, corpus: int) -> None:
        """Append examples of one corpus."""
        columns = {
            "corpus": pa.array(np.full(len(chunk), corpus), pa.int16()),
            "file": pa.array(self._numbers(chunk)[chunk.files], pa.int32()),
            "line": pa.array(chunk.lines, pa.int64()),
        }
        for side, cells in zip(_SIDES, (chunk.sources, chunk.targets), strict=True):
            columns |= {f"{side}_{name}": column for name, column in self._set_down(cells).items()}
        arrays = [columns.get(column.name, pa.nulls(len(chunk), column.type)) for column in _SCHEMA]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA))
        self.examples += len(chunk)

    def close(self) -> None:
        """End writing."""
        self._writer.close()

    def __iter__(self) -> Iterator[ExampleBatch]:
        """The batches in which the examples were written."""
        with pa.OSFile(str(self._path), "rb") as file:
            reader = pa.ipc.open_file(file)
            for index in range(reader.num_record_batches):
                batch = reader.get_batch(index)
                corpora, files, lines = (batch.column(name).to_numpy() for name in ("corpus", "file", "line"))
                sources, targets = (self._taken_up(batch, side) for side in _SIDES)
                yield ExampleBatch(sources, targets, corpora, files, lines)

    def _numbers(self, chunk: Chunk) -> Int[np.ndarray, " f"]:
        """The number of each of a chunk's files; files that no example is from get none."""
        numbers = np.zeros(len(chunk.names), dtype=np.int64)
        used, first = np.unique(chunk.files, return_index=True)
        for place in used[np.argsort(first)].tolist():
            numbers[place] = self._names.number(chunk.names[place])
        return numbers

    def _set_down(self, cells: Cells) -> dict[str, pa.Array]:
        """The columns that hold the cells; a batch has cells of one kind alone, so that all others stay empty."""
        if isinstance(cells, Lines):
            return {"text": text_column(cells)}
        if isinstance(cells, Paths):
            return {"path": text_column(cells.paths)}
        if isinstance(cells, Blobs):
            return {"blob": pa.array(cells.content, pa.large_binary())}
        if isinstance(cells, Held):
            if not any(cells.store is store for store in self.stores):
                self.stores.append(cells.store)
            number = next(n for n, store in enumerate(self.stores) if store is cells.store)
            return {"store": pa.array(np.full(len(cells), number), pa.int32()), "row": pa.array(cells.rows, pa.int64())}
        return {}

    def _taken_up(self, batch: pa.RecordBatch, side: str) -> Cells:
        columns = {name: batch.column(f"{side}_{name}") for name in (*_OF_SIDE, "row")}
        if not len(batch) or columns["text"].null_count == 0:
            return lines_of_column(columns["text"])
        if columns["path"].null_count == 0:
            return Paths(lines_of_column(columns["path"]))
        if columns["blob"].null_count == 0:
            return Blobs(columns["blob"].to_pylist())
        if columns["store"].null_count == 0:
            return Held(self.stores[columns["store"][0].as_py()], columns["row"].to_numpy())
        return Absent(len(batch))
