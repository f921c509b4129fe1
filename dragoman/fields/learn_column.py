"""What kind of column a training table's column is, and what is to be known of it."""

from __future__ import annotations

from collections import Counter
from numbers import Real

import numpy as np
import pandas as pd

from dragoman.errors import InputError
from dragoman.fields.cells import cell_number, cell_text, column_numbers, is_missing
from dragoman.fields.columns import CategoricalColumn, DateColumn, NumericColumn
from dragoman.fields.dates import form_of, nearly_form_of, read_moments
from dragoman.fields.moments import mean_and_deviation
from dragoman.fields.place import TablePlace
from dragoman.fields.typed_text import MISSING, is_ambiguous

_NUMERIC = {"boolean", "integer", "floating", "mixed-integer-float", "decimal"}
_DATES = {"datetime64", "datetime", "date", "time"}
_SPANS = {"timedelta64", "timedelta"}
_LEAVE_OUT = "--leave-out {0} (data.leave_out in a recipe)"
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
) -> NumericColumn | DateColumn | CategoricalColumn | str:
    """The column with what encoding needs to know of it, or the reason why it is of no use.

    Numbers, true and false are numeric, and so is text if it holds many different numbers and nothing else; spans of
    time are numbers of days. Dates and times are known by their type, or as text if every cell is one in the same form.
    Other text and pandas's categories are categorical. A column without a heading that numbers the rows is of no use.

    Args:
        column: the cells of the training rows, at least one.
        name: heading of the column.
        place: place of the rows, for errors.
        categorical: whether the column is categorical whatever it holds.

    Raises:
        InputError: if the column holds values of other kinds, infinity, a few mistakes among numbers or dates, numbers
            or dates that can be read in two ways, or text that hardly ever repeats.
    """
    if _is_row_number(column, name):
        return "it numbers the rows, as an index that pandas has written does"
    if categorical or isinstance(column.dtype, pd.CategoricalDtype):
        return _categorical(column.tolist(), name)
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in _NUMERIC:
        return _numeric(column, name, place)
    if kind in _SPANS:
        return _numeric(pd.to_timedelta(column), name, place)
    cells = column.tolist()
    if kind in _DATES:
        return _dates(cells, name, "time" if kind == "time" else "year-month-day", place)
    odd = [cell for cell in cells if not is_missing(cell) and not isinstance(cell, (str, Real, np.bool_))]
    if odd:
        raise place.error(
            f"column `{name}` holds {odd[0]!r}, which is neither a number nor text",
            remedy=f"make it one of them, or leave it out: {_LEAVE_OUT.format(name)}.",
        )
    counts = Counter(cell_text(cell) for cell in cells if not is_missing(cell))
    form = _date_form(counts, cells, name, place)
    if form is not None:
        return _dates(cells, name, form, place)
    many = len(counts) > max(_MANY_VALUES, len(cells) / 2)
    if many and all(map(_is_number, counts)):
        # A table's column of numbers is text where a single cell of it is no number, which may stand in another split.
        return _numeric(column, name, place)
    _check_text(cells, counts, name, place, many=many)
    return _categorical(cells, name)


def _is_row_number(column: pd.Series, name: str) -> bool:
    nameless = not name.strip() or name.startswith("Unnamed: ")
    return nameless and column.dtype.kind in "iu" and bool(column.is_unique) and int(column.min()) in (0, 1, 2)


def _date_form(counts: Counter[str], cells: list[object], name: str, place: TablePlace) -> str | None:
    """How a column of text writes dates; None if it holds something else."""
    texts = [text for text in counts if text.casefold() not in MISSING]
    form = form_of(texts) if texts else None
    if form == "either":
        raise place.error(
            f"column `{name}` holds dates whose day and month cannot be told apart, such as {texts[0]!r}",
            remedy=f"write them as year-month-day (2024-12-31), or leave the column out: {_LEAVE_OUT.format(name)}.",
        )
    mixed = nearly_form_of(texts, _MOSTLY) if form is None and len(texts) > 1 else None
    if mixed is not None:
        row = next(row for row, cell in enumerate(cells) if cell_text(cell) == mixed[1])
        raise place.error(
            f"column `{name}` holds dates or times ({mixed[0]}), but {mixed[1]!r} here",
            row=row,
            cause="a slip, another way of writing dates, or a sign for what is missing",
            remedy="write it as the others, or leave the cell empty; if the column holds names, list it in "
            "data.categorical.",
        )
    return form


def _dates(cells: list[object], name: str, form: str, place: TablePlace) -> DateColumn | str:
    missing = np.array([is_no_date(cell) for cell in cells], dtype=np.bool_)
    if missing.all():
        return "every cell is empty"
    moments = read_moments(cells, missing, form)
    if moments.bad is not None:
        raise no_date(name, cells[moments.bad], form, moments.bad, place)
    known = moments.days[~missing]
    if known.min() == known.max() and not missing.any():
        return f"every cell is {cell_text(cells[0])}"
    return DateColumn(name, form, *mean_and_deviation(known), moments.has_clock, bool(missing.any()))


def is_no_date(cell: object) -> bool:
    """Whether a cell of a column of dates is empty, or says that there is none."""
    return is_missing(cell) or (isinstance(cell, str) and cell.strip().casefold() in MISSING)


def no_date(name: str, cell: object, form: str, row: int, place: TablePlace) -> InputError:
    """The error for a cell of a column of dates that is none; ``row`` is counted from 0."""
    return place.error(
        f"column `{name}`: {str(cell)!r} is no {'time of day' if form == 'time' else f'date, written {form}'}",
        row=row,
        cause="the training rows hold dates or times in this column",
        remedy="write it so, or leave the cell empty.",
    )


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
    known = [text for text in counts if text.casefold() not in MISSING]
    if known and not all(map(_is_number, known)) and is_ambiguous(known):
        raise place.error(
            f"column `{name}` holds numbers with commas, such as {next(t for t in known if ',' in t)!r}, as text: the "
            "comma may stand before the fraction or between thousands",
            remedy="say which: --decimal comma or --decimal point (data.*.decimal in a recipe); in a DataFrame, make "
            "numbers of the column.",
        )
    if many:
        raise place.error(
            f"column `{name}` has {len(counts):,} different values in {len(cells):,} rows, such as {cells[0]!r}",
            cause="it looks like an identifier or free text",
            remedy=f"leave it out: {_LEAVE_OUT.format(name)}; if it holds names that do repeat, list it in "
            "data.categorical.",
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
