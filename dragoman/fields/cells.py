"""The content of a table's cell: text, a number, or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd
from jaxtyping import Float64

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SECONDS_OF_A_DAY = 86_400
_COMMAS = re.compile(r"[+-]?[0-9]+(?:,[0-9]+)+(?:\.[0-9]+)?")
_WITH_UNIT = re.compile(rf"({_NUMBER.pattern})\s*[^\s0-9.,].*")
_WORDS = {
    **dict.fromkeys(("", "na", "n/a", "nan", "<na>", "null", "none"), float("nan")),
    **dict.fromkeys(("inf", "+inf", "infinity", "+infinity"), float("inf")),
    **dict.fromkeys(("-inf", "-infinity"), float("-inf")),
    "true": 1.0,
    "false": 0.0,
}
"""Words that stand for numbers, and for missing ones, whatever their case."""


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that should hold a number and does not.

    Attributes:
        row: number of the row, from 0.
        value: the content of the cell.
        remedy: advice on how to mend it.
    """

    row: int
    value: object
    remedy: str


def is_missing(value: object) -> bool:
    """Whether a cell holds nothing: None, NaN, pandas's NA and NaT, or white space.

    >>> [is_missing(cell) for cell in (None, float("nan"), " ", 0, "no")]
    [True, True, True, False, False]
    """
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, (float, np.floating)):
        return bool(value != value)
    return value is None or value is pd.NA or value is pd.NaT


def cell_text(value: object) -> str:
    """The content of a cell as text, without white space at both ends.

    A whole number is written without a decimal point, since pandas turns whole numbers into fractions as soon as one
    cell of their column is empty.

    >>> cell_text(3.0), cell_text(" red ")
    ('3', 'red')
    """
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def cell_number(value: object) -> float:
    """The content of a cell as a number: NaN if it is missing; 1 and 0 for true and false; infinity is kept.

    >>> cell_number("1.5e3"), cell_number(True), cell_number("n/a")
    (1500.0, 1.0, nan)

    Raises:
        ValueError: if the cell holds no number; the message says how to mend it.
    """
    if isinstance(value, str):
        return _number_of_text(value.strip())
    if is_missing(value):
        return float("nan")
    if isinstance(value, (Real, Decimal, np.bool_)):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    raise ValueError("write it as a number")


def cell_numbers(cells: Sequence[object]) -> tuple[Float64[np.ndarray, " n"], BadCell | None]:
    """All cells as numbers, and the first cell that holds none, if there is one."""
    numbers = np.full(len(cells), np.nan)
    for row, value in enumerate(cells):
        try:
            numbers[row] = cell_number(value)
        except ValueError as error:
            return numbers, BadCell(row, value, str(error))
    return numbers, None


def column_numbers(column: pd.Series) -> tuple[Float64[np.ndarray, " n"], BadCell | None]:
    """All cells of a column as numbers, with spans of time in days, and the first cell that holds none."""
    if column.dtype.kind in "biuf":
        return column.to_numpy(dtype=np.float64, na_value=np.nan), None
    if column.dtype.kind == "m":
        return (column.dt.total_seconds() / _SECONDS_OF_A_DAY).to_numpy(dtype=np.float64), None
    return cell_numbers(column.tolist())


def _number_of_text(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    word = _WORDS.get(text.casefold())
    if word is not None:
        return word
    if _COMMAS.fullmatch(text):
        plain = "write a decimal point, and nothing between thousands"
        if text.count(",") == 1 and "." not in text:
            raise ValueError(
                f"if commas stand before fractions in this file, say so: --decimal comma; else {plain}: "
                f"{text.replace(',', '.')}"
            )
        raise ValueError(plain)
    unit = _WITH_UNIT.fullmatch(text)
    raise ValueError(f"write the number alone: {unit[1]}" if unit else "write it as a number")
