"""Tables to whose rows examples refer, and the columns of those that are learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from dragoman.data.cells import Held
from dragoman.data.training_part import TrainingPart

if TYPE_CHECKING:
    from pandas import DataFrame, Series


@runtime_checkable
class TableStore(Protocol):
    """A table, in memory or on disk."""

    @property
    def names(self) -> Sequence[str]:
        """The headings of its columns."""
        ...

    def column(self, name: str) -> Series[Any]:
        """One column, with the type that its cells have in common."""
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

    def column(self, name: str) -> Series[Any]:
        """One column."""
        return self._frame.iloc[:, self.names.index(name)]

    def take(self, rows: Int[np.ndarray, " r"]) -> DataFrame:
        """Some rows."""
        return self._frame.iloc[rows]


class LearntColumns(Mapping[str, "Series[Any]"]):
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

    def __getitem__(self, name: str) -> Series[Any]:
        import pandas as pd

        if name not in self.names:
            raise KeyError(name)
        parts = [
            store.column(name).iloc[rows] if name in store.names else pd.Series(np.full(len(rows), np.nan))
            for store, rows in self._stores
        ]
        return pd.concat(parts, ignore_index=True)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)
