"""What the examples of a chunk hold on one side: texts, pictures, rows or values, some thousand at a time.

Texts are :class:`~dragoman.native.lines.Lines`. Of all else only references are held: paths, the bytes of files, or
places in a store, which is a list in memory or a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from dragoman.fields.cells import cell_text
from dragoman.native.lines import Lines

if TYPE_CHECKING:
    from pandas import DataFrame


@runtime_checkable
class Cells(Protocol):
    """One side of some examples."""

    def __len__(self) -> int: ...

    def select(self, rows: Int[np.ndarray, " r"]) -> Cells:
        """Some of them, in the order given."""
        ...


@runtime_checkable
class Store(Protocol):
    """Where cells lie to which a chunk only refers."""

    def take(self, rows: Int[np.ndarray, " r"]) -> Sequence[object] | DataFrame:
        """The cells at these places: values, or rows of a table."""
        ...


@dataclass(frozen=True, slots=True)
class Values:
    """A store in memory.

    Attributes:
        values: the cells.
    """

    values: Sequence[Any]

    def take(self, rows: Int[np.ndarray, " r"]) -> list[object]:
        """The cells at these places."""
        return [self.values[row] for row in rows.tolist()]


@dataclass(frozen=True, slots=True)
class Paths:
    """Files that hold one example each.

    Attributes:
        paths: their names.
    """

    paths: Lines

    def __len__(self) -> int:
        return len(self.paths)

    def select(self, rows: Int[np.ndarray, " r"]) -> Paths:
        """Some of them, in the order given."""
        return Paths(self.paths.select(rows))


@dataclass(frozen=True, slots=True)
class Blobs:
    """The bytes of files that hold one example each.

    Attributes:
        content: the bytes.
    """

    content: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.content)

    def select(self, rows: Int[np.ndarray, " r"]) -> Blobs:
        """Some of them, in the order given."""
        return Blobs([self.content[row] for row in rows.tolist()])


@dataclass(frozen=True, slots=True)
class Held:
    """References into a store.

    Attributes:
        store: what holds the cells.
        rows: the place of each in it.
    """

    store: Store
    rows: Int[np.ndarray, " n"]

    @classmethod
    def of(cls, values: Sequence[object]) -> Held:
        """Cells in memory."""
        return cls(Values(values), np.arange(len(values)))

    def __len__(self) -> int:
        return len(self.rows)

    def select(self, rows: Int[np.ndarray, " r"]) -> Held:
        """Some of them, in the order given."""
        return Held(self.store, self.rows[rows])


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing: the source of a language model, or of a picture that is yet to be rendered.

    Attributes:
        count: how many examples lack it.
    """

    count: int

    def __len__(self) -> int:
        return self.count

    def select(self, rows: Int[np.ndarray, " r"]) -> Absent:
        """So many as there are rows."""
        return Absent(len(rows))


def values_of(cells: Cells) -> list[Any]:
    """The cells one by one: texts, paths, bytes, values; None for each that is absent.

    Rows of a table are no values; :func:`frame_of` gives them.
    """
    if isinstance(cells, Lines):
        return list(cells)
    if isinstance(cells, Paths):
        return [Path(path) for path in cells.paths]
    if isinstance(cells, Blobs):
        return list(cells.content)
    return list(cells.store.take(cells.rows)) if isinstance(cells, Held) else [None] * len(cells)


def frame_of(cells: Cells) -> DataFrame:
    """Rows of a table."""
    assert isinstance(cells, Held)
    frame: Any = cells.store.take(cells.rows)
    return frame


def shown(cells: Cells, row: int) -> str:
    """What stands for a cell in a list of what was dropped: a text or a path itself, a value as text, else nothing."""
    if isinstance(cells, Lines):
        return cells[row]
    if isinstance(cells, Paths):
        return cells.paths[row]
    if isinstance(cells, Held):
        found = cells.store.take(cells.rows[[row]])
        value = found[0] if isinstance(found, list) else ()
        return str(value) if value is None or isinstance(value, (str, int, float, Path)) else ""
    return ""


def lines_of(cells: Cells) -> Lines:
    """Cells as texts; a value that is no text is written as one."""
    return cells if isinstance(cells, Lines) else Lines.of([cell_text(cell) for cell in values_of(cells)])
