"""The list of all pairs that cleaning dropped, as a table that pandas opens."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, runtime_checkable

import pyarrow as pa
import pyarrow.parquet as pq

DROPPED = "dropped.parquet"
_SHOWN = 200
_ROWS = 20_000
_SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        ("split", pa.string()),
        ("corpus", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("source", pa.string()),
        ("target", pa.string()),
        ("source_characters", pa.int32()),
        ("target_characters", pa.int32()),
    ]
)


class Drop(NamedTuple):
    """One dropped pair.

    Attributes:
        rule: the first rule that the example broke.
        source: what was read as its source.
        target: what was read as its target.
        file: where it was read.
        line: the line there, from 1.
    """

    rule: str
    source: str
    target: str
    file: str
    line: int


@runtime_checkable
class TakesDrops(Protocol):
    """Takes what was dropped."""

    def write(self, split: str, corpus: str, drops: Iterable[Drop]) -> None:
        """Take drops of one corpus."""
        ...


class DropList:
    """Writes ``dropped.parquet`` as drops come in; texts are cut to 200 characters.

    Args:
        folder: where the file shall be.
    """

    def __init__(self, folder: Path) -> None:
        self._writer = pq.ParquetWriter(folder / DROPPED, _SCHEMA, compression="zstd")
        self._rows: list[tuple[object, ...]] = []

    def __enter__(self) -> DropList:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self._writer.close()

    def write(self, split: str, corpus: str, drops: Iterable[Drop]) -> None:
        """Append drops of one corpus."""
        for drop in drops:
            sides = (_plain(drop.source), _plain(drop.target), len(drop.source), len(drop.target))
            self._rows.append((drop.rule, split, corpus, _plain(drop.file), drop.line, *sides))
        if len(self._rows) >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        columns = list(zip(*self._rows, strict=True)) or [()] * len(_SCHEMA)
        arrays = [pa.array(column, type=kind.type) for column, kind in zip(columns, _SCHEMA, strict=True)]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA))
        self._rows = []


def _plain(text: str) -> str:
    """Cut, and without half characters, which cannot be written."""
    return text[:_SHOWN].encode("utf-8", "replace").decode("utf-8")
