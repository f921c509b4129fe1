"""A split of a dataset whose sources or targets are not both text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Int

from dragoman.contracts import Batch
from dragoman.data.grid.columns import (
    Column,
    LabelColumn,
    NumberColumn,
    PictureColumn,
    RowColumn,
    TextColumn,
)
from dragoman.data.grid.rendering import Rendering
from dragoman.fields.files import SourceField, TargetField
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField


class GridExamples:
    """One split; sources and targets stay on disk until they are asked for, but for numbers and labels.

    Args:
        table: what its file holds.
        source: what sources are.
        target: what targets are.
        rendering: how pictures are made of targets, where there are none.

    Attributes:
        source: makes sources.
        target: makes targets.
        corpora: the number of each example's corpus.
    """

    def __init__(
        self, table: pa.Table, source: SourceField, target: TargetField, rendering: Rendering | None = None
    ) -> None:
        self._table = table
        self._fields = (source, target, rendering)
        self.source = _source(self._table, source, rendering)
        self.target = _target(self._table, target)
        self.corpora: Int[np.ndarray, " n"] = self._table.column("corpus").to_numpy()

    def take(self, indices: Int[np.ndarray, " k"]) -> GridExamples:
        """These examples alone, in this order, held in memory."""
        return GridExamples(self._table.take(pa.array(indices)).combine_chunks(), *self._fields)

    def __len__(self) -> int:
        return self._table.num_rows

    @property
    def source_lengths(self) -> Int[np.ndarray, " n"]:
        """Tokens of each source; 1 where it is no text."""
        return self.source.lengths

    @property
    def target_lengths(self) -> Int[np.ndarray, " n"]:
        """Tokens of each target; 1 where it is no text."""
        return self.target.lengths

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None = None) -> Batch:
        """These examples, in this order; what is random in training comes from ``generator``, if there is one."""
        source, target = (side.batch(indices, generator) for side in (self.source, self.target))
        return Batch(source, target, torch.from_numpy(indices))

    @property
    def has_source_texts(self) -> bool:
        """Whether sources are text."""
        return "source_text" in self._table.column_names

    def source_texts(self, indices: Int[np.ndarray, " B"] | None = None) -> list[str]:
        """The source texts of these examples, or of all."""
        return self._texts("source_text", indices)

    def target_texts(self, indices: Int[np.ndarray, " B"] | None = None) -> list[str]:
        """The target texts of these examples, or of all."""
        return self._texts("target_text", indices)

    def places(self, indices: Int[np.ndarray, " B"]) -> list[tuple[int, int]]:
        """The number of the file, and the line there, that each of these examples came from."""
        rows = self._table.take(pa.array(indices))
        return list(zip(rows.column("file").to_pylist(), rows.column("line").to_pylist(), strict=True))

    def _texts(self, name: str, indices: Int[np.ndarray, " B"] | None) -> list[str]:
        column = self._table.column(name)
        return (column if indices is None else column.take(pa.array(indices))).to_pylist()


def _source(table: pa.Table, field: SourceField, rendering: Rendering | None) -> Column:
    if isinstance(field, RowField):
        return RowColumn(table, field)
    if isinstance(field, PictureField):
        return PictureColumn(table, field, rendering)
    return TextColumn(table, "source")


def _target(table: pa.Table, field: TargetField) -> Column:
    if isinstance(field, LabelField):
        return LabelColumn(table)
    return NumberColumn(table, field) if isinstance(field, NumberField) else TextColumn(table, "target")
