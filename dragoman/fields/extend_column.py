"""A column that a model knows, with what the rows of another table have and it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dragoman.fields.cells import cell_text, is_missing
from dragoman.fields.columns import CategoricalColumn, DateColumn, NumericColumn
from dragoman.fields.learn_column import is_no_date


def extend_column(
    column: NumericColumn | DateColumn | CategoricalColumn, cells: Sequence[object], unknown: Sequence[bool]
) -> NumericColumn | DateColumn | CategoricalColumn:
    """The same column, in which missing cells have a number or a value of their own if some are missing here, and new
    values are numbered behind the known ones. Mean and deviation stay, so that every number means what it meant.

    Args:
        column: the column as it is known.
        cells: the cells of other rows.
        unknown: for each cell of a categorical column, whether it is a value that is not known.
    """
    missing = is_no_date if isinstance(column, NumericColumn | DateColumn) else is_missing
    has_missing = column.has_missing or any(map(missing, cells))
    if not isinstance(column, CategoricalColumn):
        return replace(column, has_missing=has_missing)
    new = {cell_text(cell) for cell, is_new in zip(cells, unknown, strict=True) if is_new}
    return replace(column, values=(*column.values, *sorted(new)), has_missing=has_missing)
