"""Tables to whose rows examples refer, and the columns of those that are learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from dragoman.data.arrow import open_table
from dragoman.data.cells import Held
from dragoman.data.training_part import TrainingPart
from dragoman.fields.typed_text import Decimal, column_types, typed

if TYPE_CHECKING:
    from pandas import DataFrame, Series


@runtime_checkable
class TableStore(Protocol):
    """A table, in memory or on disk."""

    @property
    def names(self) -> Sequence[str]:
        """The headings of its columns."""
        ...

    def column(self, name: str, rows: Int[np.ndarray, " r"]) -> Series:
        """Some cells of a column, of the type that all its cells have in common."""
        ...

    def take(self, rows: Int[np.ndarray, " r"]) -> DataFrame:
        """Some rows, each column of the type of the whole."""
        ...


class FrameStore:
    """A table in memory.

    Args:
        frame: the table.
    """

    def __init__(self, frame: DataFrame) -> None:
        self._frame = frame

    @property
    def names(self) -> list[str]:
        """The headings of its columns."""
        return [str(name) for name in self._frame.columns]

    def column(self, name: str, rows: Int[np.ndarray, " r"]) -> Series:
        """Some cells of a column."""
        return self._frame.iloc[rows, self.names.index(name)]

    def take(self, rows: Int[np.ndarray, " r"]) -> DataFrame:
        """Some rows."""
        return self._frame.iloc[rows]


class SeparatedStore:
    """A file of separated values, whose cells were set down on disk as they are written, and get their types when they
    are asked for.

    Args:
        path: an Arrow file of texts, its columns called by their places.
        headings: the names of the columns that are kept, by place.
        decimal: what stands before the fraction of a number.
    """

    def __init__(self, path: Path, headings: Mapping[int, str], decimal: Decimal) -> None:
        self._table = open_table(path)
        kept = {place: name for place, name in headings.items() if name or not self._is_blank(place)}
        self._places = list(kept)
        self.names: list[str] = list(kept.values())
        self._types = column_types([partial(self._cells, place) for place in kept], decimal)

    def column(self, name: str, rows: Int[np.ndarray, " r"]) -> Series:
        """Some cells of a column."""
        return self._typed(self.names.index(name), rows)

    def take(self, rows: Int[np.ndarray, " r"]) -> DataFrame:
        """Some rows."""
        import pandas as pd

        frame = pd.concat([self._typed(number, rows) for number in range(len(self.names))], axis=1)
        frame.columns = pd.Index(self.names)
        return frame

    def _typed(self, number: int, rows: Int[np.ndarray, " r"]) -> Series:
        first, last = (int(rows.min()), int(rows.max()) + 1) if len(rows) else (0, 0)
        near = self._cells(self._places[number], first, last)
        return typed(near if len(rows) == len(near) else near.take(pa.array(rows - first)), self._types[number])

    def _cells(self, place: int, first: int = 0, last: int | None = None) -> pa.Array:
        column = self._table.column(str(place))
        part = column.slice(first, None if last is None else last - first)
        return part.combine_chunks() if part.num_chunks != 1 else part.chunk(0)

    def _is_blank(self, place: int) -> bool:
        return bool(pc.all(pc.equal(pc.utf8_trim_whitespace(self._cells(place)), "")).as_py())


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table as a store of values.

    Attributes:
        table: the table.
        name: the column's heading.
    """

    table: TableStore
    name: str

    def take(self, rows: Int[np.ndarray, " r"]) -> list[Any]:
        """The cells at these places."""
        return self.table.column(self.name, rows).tolist()


class LearntColumns(Mapping[str, "Series"]):
    """The columns of the rows that are learnt from, each put together when it is asked for, so that one alone is in
    memory.

    Args:
        part: the training examples, which are rows of tables.
    """

    def __init__(self, part: TrainingPart) -> None:
        stores: dict[int, tuple[TableStore, list[Int[np.ndarray, " r"]]]] = {}
        lines: list[Int[np.ndarray, " r"]] = []
        for batch in part:
            cells = batch.sources
            assert isinstance(cells, Held)
            assert isinstance(cells.store, TableStore)
            stores.setdefault(id(cells.store), (cells.store, []))[1].append(cells.rows)
            lines.append(batch.lines)
        self._stores = [(store, np.concatenate(rows)) for store, rows in stores.values()]
        self.names = list(dict.fromkeys(name for store, _ in self._stores for name in store.names))
        self.lines: Int[np.ndarray, " n"] = np.concatenate(lines)

    def __getitem__(self, name: str) -> Series:
        import pandas as pd

        if name not in self.names:
            raise KeyError(name)
        parts = [
            store.column(name, rows) if name in store.names else pd.Series(np.full(len(rows), np.nan))
            for store, rows in self._stores
        ]
        return pd.concat(parts, ignore_index=True)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)
