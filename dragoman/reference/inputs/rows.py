"""Rows of a table."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int, Int64

from dragoman.contracts import Rows
from dragoman.contracts.expect import expect
from dragoman.data.columns.row import RowColumn
from dragoman.data.examples import Examples
from dragoman.fields.columns import CategoricalColumn, DateColumn
from dragoman.fields.place import TablePlace
from dragoman.fields.row import RowField
from dragoman.model.folder import LoadedModel
from dragoman.predict.given import ROWS, inputs_of
from dragoman.reference.features import Features, numbered
from dragoman.reference.inputs.read_inputs import InputKind, ReadInputs
from dragoman.reference.projection import projected

_TOGETHER = 4096
_COLUMNS_SHOWN = 6
_FEATURES = 64
"""Most features of single columns; those of wider tables are mixed by a projection."""
_VALUES = 8
"""Most values of a categorical column that are features."""


class TableRows(InputKind):
    """Rows of a table: every number as the model reads it, standardised by the mean and the deviation of the training
    rows; whether a category is this or that value; and the share of cells that are empty or have a value that training
    has not seen. An empty cell of a column that training had no empty cells in counts as the mean."""

    def of_examples(self, loaded: LoadedModel, examples: Examples) -> ReadInputs:
        """The encoded rows of a split."""
        rows = expect(examples.source, RowColumn).batch(np.arange(len(examples)))
        return _read(loaded, rows.numbers.numpy(), rows.categories.numpy(), None)

    def of_given(self, loaded: LoadedModel, given: Iterable[object], table: TablePlace | None) -> ReadInputs:
        """A DataFrame, or a list with a mapping from column to value for each row."""
        import pandas as pd

        rows, place = inputs_of(given, ROWS), table or TablePlace()
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
        field = expect(loaded.source, RowField)
        encoded = field.encode(frame.reset_index(drop=True), file=place.file, lines=place.lines)
        names = [column.name for column in field.columns][:_COLUMNS_SHOWN]
        shown = [
            ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))
            for values in frame[names].itertuples(index=False)
        ]
        return _read(loaded, encoded.numbers, encoded.categories, tuple(shown))


def _read(
    loaded: LoadedModel,
    numbers: Float32[np.ndarray, "n k"],
    categories: Int64[np.ndarray, "n c"],
    shown: tuple[str, ...] | None,
) -> ReadInputs:
    def batch(rows: Int[np.ndarray, " B"]) -> Rows:
        return Rows(torch.from_numpy(numbers[rows]), torch.from_numpy(categories[rows]))

    features = _features(expect(loaded.source, RowField), numbers, categories)
    return ReadInputs(features, np.ones(len(numbers), dtype=np.int64), _TOGETHER, batch, shown)


def _features(field: RowField, numbers: Float32[np.ndarray, "n k"], categories: Int64[np.ndarray, "n c"]) -> Features:
    found: Features = {}
    empty: list[Bool[np.ndarray, " n"]] = []
    next_number, next_category = iter(numbers.T), iter(categories.T)
    for column in field.columns:
        if isinstance(column, CategoricalColumn):
            ids = next(next_category)
            for number, value in enumerate(column.values[:_VALUES]):
                found[f"{column.name} is {value}"] = (ids == number).astype(np.float64)
            empty.append(ids >= len(column.values))
            continue
        for part in column.parts if isinstance(column, DateColumn) else ("standardised",):
            found[f"{column.name}, {part}"] = next(next_number)
        if column.has_missing:
            found[f"{column.name} is empty"] = next(next_number)
            empty.append(found[f"{column.name} is empty"] != 0)
    if len(found) > _FEATURES:
        found = numbered("mixture of columns", projected(np.stack([*found.values()], axis=1)))
    if empty:
        found["share of cells that are empty or unknown"] = np.stack(empty, axis=1).sum(1) / len(field.columns)
    return found
