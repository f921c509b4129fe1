"""What kind of column a training table's column is, and what is to be known of it."""

from __future__ import annotations

from collections import Counter
from numbers import Real

import numpy as np
import pandas as pd

from dragoman.fields.cells import cell_number, cell_text, column_numbers, is_missing
from dragoman.fields.columns import CategoricalColumn, NumericColumn
from dragoman.fields.moments import mean_and_deviation
from dragoman.fields.place import TablePlace

_NUMERIC = {"boolean", "integer", "floating", "mixed-integer-float", "decimal"}
_TIMES = {"datetime64", "datetime", "date", "timedelta64", "timedelta", "time", "period"}
_MANY_VALUES = 50
"""Values up to which no column of text is suspected to be free text."""
_MOSTLY = 0.9
"""Share of numbers from which a column of text is taken for one of numbers with mistakes in it."""


def learn_column(
    column: pd.Series,
    name: str,
    place: TablePlace,
    *,
    categorical: bool,
) -> NumericColumn | CategoricalColumn | str:
    """What is to be known of a column, or why it is of no use.

    Numbers, true and false are numeric, and so is text if it holds many different numbers and nothing else; other text
    and pandas's categories are categorical.

    Args:
        column: of the training rows, at least one.
        name: its heading.
        place: where the rows are from, for errors.
        categorical: whether it is categorical whatever it holds.

    Raises:
        InputError: if it holds what neither is (dates, objects), infinity, a few mistakes among numbers, or text that
            hardly ever repeats.
    """
    if categorical or isinstance(column.dtype, pd.CategoricalDtype):
        return _categorical(column.tolist(), name)
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in _NUMERIC:
        return _numeric(column, name, place)
    if kind in _TIMES:
        raise place.error(
            f"column `{name}` holds dates or times",
            remedy="make numbers of it, such as the year, the month or the days since a fixed day, or name the columns "
            "to read in data.features without it.",
        )
    cells = column.tolist()
    odd = [cell for cell in cells if not is_missing(cell) and not isinstance(cell, (str, Real, np.bool_))]
    if odd:
        raise place.error(
            f"column `{name}` holds {odd[0]!r}, which is neither a number nor text",
            remedy="make it one of them, or name the columns to read in data.features without it.",
        )
    counts = Counter(cell_text(cell) for cell in cells if not is_missing(cell))
    many = len(counts) > max(_MANY_VALUES, len(cells) / 2)
    if many and all(map(_is_number, counts)):
        # A table's column of numbers is text where a single cell of it is no number, which may stand in another split.
        return _numeric(column, name, place)
    _check_text(cells, counts, name, place, many=many)
    return _categorical(cells, name)


def _numeric(
    column: pd.Series,
    name: str,
    place: TablePlace,
) -> NumericColumn | str:
    values, bad = column_numbers(column)
    assert bad is None
    refuse_infinite(values, name, place)
    known = values[~np.isnan(values)]
    if not len(known):
        return "every cell is empty"
    has_missing = len(known) < len(values)
    if known.min() == known.max() and not has_missing:
        return f"every cell is {known[0]:g}"
    return NumericColumn(name, *mean_and_deviation(known), has_missing)


def _categorical(cells: list[object], name: str) -> CategoricalColumn | str:
    known = sorted({cell_text(cell) for cell in cells if not is_missing(cell)})
    has_missing = any(map(is_missing, cells))
    if not known:
        return "every cell is empty"
    if len(known) == 1 and not has_missing:
        return f"every cell is {known[0]}"
    return CategoricalColumn(name, tuple(known), has_missing)


def _check_text(cells: list[object], counts: Counter[str], name: str, place: TablePlace, *, many: bool) -> None:
    numbers = sum(count for text, count in counts.items() if _is_number(text))
    if _MOSTLY * counts.total() <= numbers < counts.total():
        row = next(row for row, cell in enumerate(cells) if not is_missing(cell) and not _is_number(cell_text(cell)))
        wrong = counts.total() - numbers
        raise place.error(
            f"column `{name}` holds numbers, but {cells[row]!r} here"
            + (f" and {wrong - 1:,} more that are none" if wrong > 1 else ""),
            row=row,
            cause="a slip, a unit, or a sign for what is missing",
            remedy="write a number, or leave the cell empty; if the column holds names, list it in data.categorical.",
        )
    if many:
        raise place.error(
            f"column `{name}` has {len(counts):,} different values in {len(cells):,} rows, such as {cells[0]!r}",
            cause="it looks like an identifier or free text",
            remedy="name the columns to read in data.features and leave it out; if it holds names that do repeat, list "
            "it in data.categorical.",
        )


def refuse_infinite(values: np.ndarray, name: str, place: TablePlace) -> None:
    """Refuse a column of numbers that holds infinity.

    Raises:
        InputError: if it does; it names the first row.
    """
    for row in np.flatnonzero(np.isinf(values))[:1].tolist():
        raise place.error(
            f"column `{name}`: {values[row]} is infinite",
            row=row,
            cause="a division by zero, or a number too large to be held",
            remedy="give a finite number, or leave the cell empty.",
        )


def _is_number(text: str) -> bool:
    try:
        cell_number(text)
    except ValueError:
        return False
    return True
