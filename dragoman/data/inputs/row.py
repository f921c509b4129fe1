"""Rows of a table that a model reads."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int, UInt64

from dragoman.contracts.expect import expect
from dragoman.data.cells import Held, frame_of
from dragoman.data.chunk import Chunk
from dragoman.data.formats.detection import detect_format
from dragoman.data.inputs.frames import FRAME, table_chunks
from dragoman.data.inputs.input import Input, Reading
from dragoman.data.outputs.output import Output
from dragoman.data.read_table import read_table, set_down
from dragoman.data.table import find_column
from dragoman.data.table_store import FrameStore, LearntColumns, SeparatedStore, TableColumn, TableStore
from dragoman.data.training_part import TrainingPart
from dragoman.fields.field import Field, TargetField
from dragoman.fields.place import TablePlace
from dragoman.fields.row import RowField, refuse_twins
from dragoman.recipe import Recipe
from dragoman.recipe.data import CorpusRecipe

if TYPE_CHECKING:
    from pandas import DataFrame, Series


class RowInput(Input):
    """Rows of a table, whose columns hold numbers, names and dates."""

    noun = "row"

    def read(self, corpus: CorpusRecipe, reading: Reading) -> Iterator[Chunk]:
        """The rows of a table in any of its formats."""
        assert corpus.path is not None
        kind = detect_format(corpus.path) if corpus.format == "auto" else corpus.format
        store: TableStore
        if kind == "table":
            place = reading.folder / f"{uuid.uuid4().hex}.table"
            headings, lines = set_down(corpus.path, corpus.separator, place)
            store = SeparatedStore(place, dict(enumerate(headings)), corpus.decimal)
        else:
            frame, numbers = read_table(corpus.path, kind)
            store, lines = FrameStore(frame), np.array(numbers, dtype=np.int64)
        return _chunks(store, corpus, corpus.path, lines)

    def read_frame(self, frame: DataFrame, corpus: CorpusRecipe, reading: Reading) -> Iterator[Chunk]:
        """The rows of a DataFrame."""
        return _chunks(FrameStore(frame.reset_index(drop=True)), corpus, None, np.arange(1, len(frame) + 1))

    def keys(self, chunk: Chunk, target_column: str) -> UInt64[np.ndarray, " n"]:
        """Rows that are the same in all columns but the target."""
        import pandas as pd

        frame = frame_of(chunk.sources)
        features = frame.loc[:, [str(name) != target_column for name in frame.columns]]
        return pd.util.hash_pandas_object(features.apply(_plain), index=False).to_numpy(dtype=np.uint64)

    def learn(self, part: TrainingPart, recipe: Recipe, output: Output) -> tuple[Field, TargetField]:
        """What each column holds."""
        columns = LearntColumns(part)
        if part.parent is not None:
            field = expect(part.parent.source, RowField).extended(
                columns,
                features=recipe.data.features,
                categorical=recipe.data.categorical,
                leave_out=recipe.data.leave_out,
                file=part.file,
                lines=columns.lines.tolist(),
            )
            return field, output.learn(part, recipe)
        field = RowField.learn_columns(
            columns,
            exclude=part.target_column,
            features=recipe.data.features,
            categorical=recipe.data.categorical,
            leave_out=recipe.data.leave_out,
            file=part.file,
            lines=columns.lines.tolist(),
        )
        return field, output.learn(part, recipe)


def _chunks(
    store: TableStore, corpus: CorpusRecipe, path: Path | None, lines: Int[np.ndarray, " n"]
) -> Iterator[Chunk]:
    refuse_twins(store.names, TablePlace(path))
    find_column(list(store.names), corpus.target_column, path)
    rows = np.arange(len(lines))
    targets = Held(TableColumn(store, corpus.target_column), rows)
    return table_chunks(Held(store, rows), targets, FRAME if path is None else str(path), lines)


def _plain(column: Series) -> Series:
    """A column whose cells can be hashed, equal ones alike: of numbers whatever their type, of anything else by how it
    is written."""
    if column.dtype.kind in "biuf" and isinstance(column.dtype, np.dtype):
        return column.astype(np.float64)
    return column.map(repr) if column.dtype == object else column
