"""The rows of a table that a model reads, as numbers, by what was learnt from the training rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int64

from dragoman.contracts import RowSize
from dragoman.fields.cells import cell_number, cell_text, column_numbers, is_missing
from dragoman.fields.columns import CategoricalColumn, DateColumn, NumericColumn
from dragoman.fields.dates import Moments, read_moments
from dragoman.fields.encoded_rows import EncodedRows, RowReport
from dragoman.fields.extend_column import extend_column
from dragoman.fields.learn_column import is_no_date, learn_column, no_date, refuse_infinite
from dragoman.fields.near import nearest
from dragoman.fields.place import TablePlace
from dragoman.fields.saved import checked, positive
from dragoman.fields.typed_text import MISSING
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True)
class RowField:
    """The columns of a table that a model reads.

    >>> rows = pd.DataFrame({"size": [1.0, 2.0, 3.0], "kind": ["a", "b", "a"], "price": [10, 20, 30]})
    >>> field = RowField.learn(rows, exclude="price")
    >>> [column.name for column in field.columns]
    ['size', 'kind']
    >>> field.encode(rows).numbers[:, 0].round(3)
    array([-1.225,  0.   ,  1.225], dtype=float32)

    Attributes:
        columns: the columns, in the order of the training table, or of the features if they were named.
        dropped: name of each column that was left out, with the reason.
    """

    columns: tuple[NumericColumn | DateColumn | CategoricalColumn, ...]
    dropped: tuple[tuple[str, str], ...] = ()

    @classmethod
    def learn(
        cls,
        frame: pd.DataFrame,
        *,
        exclude: str,
        features: Sequence[str] = (),
        categorical: Sequence[str] = (),
        leave_out: Sequence[str] = (),
        file: Path | str | None = None,
        lines: Sequence[int] | None = None,
    ) -> RowField:
        """The field of a training table, which keeps what encoding needs of each column.

        Args:
            frame: the training rows.
            exclude: heading of the target's column.
            features: headings of the columns to read; all but the target if none is named.
            categorical: headings of columns whose values are names, even if they look like numbers.
            leave_out: headings of columns that are not read.
            file: file of the table, for errors.
            lines: number of the line on which each row begins, for errors.

        Raises:
            InputError: if a column is absent or cannot be used, or none is left.
        """
        place = TablePlace(file, lines)
        if frame.empty:
            raise place.error("the table has no rows", remedy="give a table with rows to learn from.")
        named = _named(frame, place)
        return cls.learn_columns(
            named,
            exclude=exclude,
            features=features,
            categorical=categorical,
            leave_out=leave_out,
            file=file,
            lines=lines,
        )

    @classmethod
    def learn_columns(
        cls,
        named: Mapping[str, pd.Series],
        *,
        exclude: str,
        features: Sequence[str] = (),
        categorical: Sequence[str] = (),
        leave_out: Sequence[str] = (),
        file: Path | str | None = None,
        lines: Sequence[int] | None = None,
    ) -> RowField:
        """The field of a training table, as :meth:`learn` gives it, from a mapping of headings to columns that is
        asked for one column at a time.

        Raises:
            InputError: if a column is absent or cannot be used, or none is left.
        """
        place = TablePlace(file, lines)
        for name in (*features, *categorical, *leave_out):
            _check_name(named, name, place)
        for name in (name for name in (*features, *categorical) if name in leave_out):
            raise place.error(
                f"column `{name}` is named to be read and to be left out",
                remedy="take it out of data.leave_out, or out of data.features and data.categorical.",
            )
        if exclude in features:
            raise place.error(
                f"column `{exclude}` is the target and among the features",
                remedy="leave it out of data.features: a model that reads the answer learns nothing else.",
            )
        chosen = list(dict.fromkeys(features)) or [name for name in named if name != exclude and name not in leave_out]
        learnt = {name: learn_column(named[name], name, place, categorical=name in categorical) for name in chosen}
        columns = tuple(column for column in learnt.values() if not isinstance(column, str))
        dropped = tuple((name, column) for name, column in learnt.items() if isinstance(column, str))
        dropped += tuple((name, "it was to be") for name in dict.fromkeys(leave_out))
        if not columns:
            reasons = "; ".join(f"`{name}`: {reason}" for name, reason in dropped)
            raise place.error(
                "the table has no column to learn from" + (f" ({reasons})" if reasons else ""),
                remedy=f"give at least one column beside the target, `{exclude}`, that differs between rows.",
            )
        return cls(columns, dropped)

    def extended(
        self,
        named: Mapping[str, pd.Series],
        *,
        features: Sequence[str] = (),
        categorical: Sequence[str] = (),
        leave_out: Sequence[str] = (),
        file: Path | str | None = None,
        lines: Sequence[int] | None = None,
    ) -> RowField:
        """The field for another table: these columns with what is known of them, values that are new, and further
        columns if ``features`` names any.

        >>> field = RowField.learn(pd.DataFrame({"kind": ["a", "b"], "price": [1, 2]}), exclude="price")
        >>> field.extended({"kind": pd.Series(["c", "a", "c"])}).columns[0].values
        ('a', 'b', 'c')

        Args:
            named: the columns of the other table, by their headings.
            features: headings of the columns to read; those of this field if none is named.
            categorical: headings of new columns whose values are names, even if they look like numbers.
            leave_out: headings of columns that are not read.
            file: file of the table, for errors.
            lines: number of the line on which each row begins, for errors.

        Raises:
            InputError: if a column is absent, or a new one cannot be used.
        """
        place = TablePlace(file, lines)
        known = {column.name: column for column in self.columns}
        columns, dropped = [], [*self.dropped]
        for name in dict.fromkeys(features or known):
            if name in leave_out:
                dropped.append((name, "it was to be"))
                continue
            cells = _find(named, name, place)
            column = known.get(name)
            if column is not None:
                values = cells.tolist()
                columns.append(extend_column(column, values, _unknown(values, column)))
                continue
            learnt = learn_column(cells, name, place, categorical=name in categorical)
            if isinstance(learnt, str):
                dropped.append((name, learnt))
            else:
                columns.append(learnt)
        return RowField(tuple(columns), tuple(dropped))

    @property
    def numbers(self) -> int:
        """The number k of numbers in an encoded row, with the indicators of missing values."""
        return sum(column.width for column in self.columns if not isinstance(column, CategoricalColumn))

    @property
    def category_sizes(self) -> tuple[int, ...]:
        """The number of different values of each categorical column, with those for unseen and missing ones."""
        return tuple(column.size for column in self.columns if isinstance(column, CategoricalColumn))

    @property
    def size(self) -> RowSize:
        """The numbers and categories of an encoded row, which an encoder is built for."""
        return RowSize(self.numbers, self.category_sizes)

    @property
    def others(self) -> tuple[int, ...]:
        """The number that stands for unseen values in each categorical column, which no training row has."""
        return tuple(column.other for column in self.columns if isinstance(column, CategoricalColumn))

    def encode(
        self, frame: pd.DataFrame, *, file: Path | str | None = None, lines: Sequence[int] | None = None
    ) -> EncodedRows:
        """Rows as numbers; columns that the field does not know are ignored.

        Args:
            frame: the rows.
            file: file of the table, for errors.
            lines: number of the line on which each row begins, for errors.

        Raises:
            InputError: if a column is absent, or a cell of a numeric column holds text or infinity.
        """
        place = TablePlace(file, lines)
        named = _named(frame, place)
        missing: dict[str, int] = {}
        unseen: dict[str, int] = {}
        numbers: list[Float64[np.ndarray, " n"]] = []
        categories: list[Int64[np.ndarray, " n"]] = []
        for column in self.columns:
            cells = _find(named, column.name, place)
            if isinstance(column, NumericColumn):
                values = _values(cells, column.name, place)
                absent = np.isnan(values)
                numbers.append(_standardised(values, column, place))
                numbers += [absent.astype(np.float64)] if column.has_missing else []
            elif isinstance(column, DateColumn):
                moments = _moments(cells.tolist(), column, place)
                absent = np.isnan(moments.days)
                numbers += column.numbers(moments)
            else:
                ids, absent = _ids(cells.tolist(), column)
                categories.append(ids)
                unseen[column.name] = int(((ids == column.other) & ~absent).sum())
            missing[column.name] = int(absent.sum())
        return EncodedRows(
            np.stack(numbers, 1).astype(np.float32) if numbers else np.zeros((len(frame), 0), dtype=np.float32),
            np.stack(categories, 1) if categories else np.zeros((len(frame), 0), dtype=np.int64),
            RowReport(_some(missing), _some(unseen)),
        )

    def describe(self) -> list[str]:
        """A line of text for each column, for people."""
        left_out = [f"{name or 'the column without a heading'}: left out, as {reason}" for name, reason in self.dropped]
        return [*(column.describe() for column in self.columns), *left_out]

    def to_dict(self) -> JsonObject:
        """The field as JSON values."""
        columns = [{"kind": _KINDS[type(column)], **asdict(column)} for column in self.columns]
        return {"field": "row", "columns": columns, "dropped": [list(pair) for pair in self.dropped]}

    @classmethod
    def from_dict(cls, content: JsonObject) -> RowField:
        """The field that :meth:`to_dict` wrote."""
        columns = tuple(checked(_READERS[column["kind"]](column)) for column in content["columns"])
        return checked(cls(columns, tuple((name, reason) for name, reason in content["dropped"])))


_KINDS: dict[type, str] = {NumericColumn: "numeric", DateColumn: "date", CategoricalColumn: "categorical"}
_READERS: dict[str, Callable[[dict[str, Any]], NumericColumn | DateColumn | CategoricalColumn]] = {
    "numeric": lambda c: NumericColumn(c["name"], c["mean"], positive(c["deviation"]), c["has_missing"]),
    "date": lambda c: DateColumn(
        c["name"], c["form"], c["mean"], positive(c["deviation"]), c["has_clock"], c["has_missing"]
    ),
    "categorical": lambda c: CategoricalColumn(c["name"], tuple(c["values"]), c["has_missing"]),
}


def _moments(cells: list[object], column: DateColumn, place: TablePlace) -> Moments:
    moments = read_moments(cells, np.array([is_no_date(cell) for cell in cells], dtype=np.bool_), column.form)
    if moments.bad is not None:
        raise no_date(column.name, cells[moments.bad], column.form, moments.bad, place)
    return moments


def refuse_twins(names: Sequence[str], place: TablePlace) -> None:
    """Refuse a table in which two columns have the same heading.

    Raises:
        InputError: if two columns have the same heading.
    """
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise place.error(f"two columns are called `{twice}`", remedy="rename or remove one of them.")


def _named(frame: pd.DataFrame, place: TablePlace) -> dict[str, pd.Series]:
    names = [str(name) for name in frame.columns]
    refuse_twins(names, place)
    return {name: frame.iloc[:, number] for number, name in enumerate(names)}


def _find(columns: Mapping[str, pd.Series], name: str, place: TablePlace) -> pd.Series:
    _check_name(columns, name, place)
    return columns[name]


def _check_name(columns: Iterable[str], name: str, place: TablePlace) -> None:
    if name in columns:
        return
    near = nearest(name, columns)
    raise place.error(
        f"no column `{name}`; there are: {', '.join(columns) or 'none'}",
        cause=None if near else "the file has no header line, or its columns have other names",
        remedy=f"did you mean {near}?" if near else "give a table that has it.",
    )


def _values(
    cells: pd.Series,
    name: str,
    place: TablePlace,
) -> Float64[np.ndarray, " n"]:
    values, bad = column_numbers(cells)
    if bad is not None:
        raise place.error(
            f"column `{name}`: {bad.value!r} is not a number",
            row=bad.row,
            cause="the training rows hold numbers in this column",
            remedy=f"{bad.remedy}, or leave the cell empty.",
        )
    refuse_infinite(values, name, place)
    return values


def _standardised(
    values: Float64[np.ndarray, " n"], column: NumericColumn, place: TablePlace
) -> Float64[np.ndarray, " n"]:
    """The standardised values, with 0, which is the mean, for missing ones."""
    with np.errstate(over="ignore"):
        found = np.nan_to_num((values - column.mean) / column.deviation, nan=0.0, posinf=np.inf, neginf=-np.inf)
    for row in np.flatnonzero(np.abs(found) > np.finfo(np.float32).max)[:1].tolist():
        raise place.error(
            f"column `{column.name}`: {values[row]:g} is too far from the training rows, whose mean is {column.mean:g}",
            row=row,
            remedy="correct it, or leave the cell empty.",
        )
    return found


def _ids(cells: list[object], column: CategoricalColumn) -> tuple[Int64[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    numbers = {value: number for number, value in enumerate(column.values)}
    known: dict[object, tuple[int, bool]] = {}
    found, absent = [], []
    for cell in cells:
        if cell not in known:
            known[cell] = _id(cell, column, numbers)
        number, is_absent = known[cell]
        found.append(number)
        absent.append(is_absent)
    return np.array(found, dtype=np.int64), np.array(absent, dtype=np.bool_)


def _unknown(cells: list[object], column: NumericColumn | DateColumn | CategoricalColumn) -> list[bool]:
    """Whether each cell of a categorical column is a value that the column does not know."""
    if not isinstance(column, CategoricalColumn):
        return [False] * len(cells)
    ids, absent = _ids(cells, column)
    return ((ids == column.other) & ~absent).tolist()


def _id(cell: object, column: CategoricalColumn, numbers: dict[str, int]) -> tuple[int, bool]:
    """The number of a cell's value, and whether the cell is empty."""
    if is_missing(cell):
        return column.missing, True
    text = cell_text(cell)
    if text in numbers:
        return numbers[text], False
    if column.has_missing and text.casefold() in MISSING:
        return column.missing, True
    try:
        # The same number may be written in another way: 3 and 3.0.
        return numbers.get(cell_text(cell_number(text)), column.other), False
    except ValueError:
        return column.other, False


def _some(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
