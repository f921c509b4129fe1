"""Columns of text, as files of separated values hold them, with the types that their cells have in common.

A column is decided as a whole, so that no cell is read otherwise than its neighbours. What would lose something as a
number stays text: numbers with leading zeros, which are codes (postal codes), and whole ones too long to be exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool

Decimal = Literal["auto", "point", "comma"]
"""What stands before the fraction of a number."""

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_INFINITE = r"(?i)^[+-]?inf(inity)?$"
_WHOLE = r"^[+-]?[0-9]+$"
_CODE = r"^[+-]?0[0-9]+$"
_DECIMAL_COMMA = r"^[+-]?([0-9]+|[1-9][0-9]{0,2}(\.[0-9]{3})+)?(,[0-9]+)?([eE][+-]?[0-9]+)?$"
_DECIMAL_POINT = r"^[+-]?([0-9]+|[1-9][0-9]{0,2}(,[0-9]{3})+)?(\.[0-9]*)?([eE][+-]?[0-9]+)?$"
_GROUPED_BY_POINTS = r"^[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+$"
_LARGEST_EXACT = 2**53
_LONGEST_EXACT = 15
"""Digits of a whole number that any column of numbers holds exactly."""

MISSING = frozenset(
    {
        *("", "na", "n/a", "#n/a", "#n/a n/a", "#na", "<na>", "nan", "-nan", "null", "none", "nil"),
        *("-", "--", "?", ".", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
    }
)
"""Cells that say, among numbers or truth values, that there is none; in small letters. Among texts all but the first
are texts: ``NA`` is Namibia, and ``None`` may be a label."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """What the cells of a column of text have in common.

    Attributes:
        kind: ``empty``, ``whole`` numbers, other ``number``s, ``code``s of digits, ``truth`` values or ``text``.
        written: how its numbers are written: ``plain``, with a decimal ``comma``, or ``grouped`` by commas.
        has_missing: whether a cell is empty, or says that there is none.
    """

    kind: Literal["empty", "whole", "number", "code", "truth", "text"]
    written: str = "plain"
    has_missing: bool = False


def column_types(columns: Sequence[Callable[[], pa.Array]], decimal: Decimal = "auto") -> list[ColumnType]:
    """The type of each column of one file.

    Args:
        columns: give the cells of each, as texts; one column at a time is asked for.
        decimal: what stands before fractions; ``auto`` tells it of each column where its cells leave no doubt, as
            ``0,125``, which is no group of thousands, leaves none, and else by the other columns of the file. Where
            that leaves a doubt (``1,234`` alone) the column stays text.
    """
    writes = [_writes(pc.utf8_trim_whitespace(column())) for column in columns]
    if decimal == "auto":
        decimal = "comma" if "comma" in writes else "point" if "grouped" in writes else "auto"
        if {"comma", "grouped"} <= set(writes):
            decimal = "auto"
    return [
        _type(pc.utf8_trim_whitespace(column()), kind, decimal) for column, kind in zip(columns, writes, strict=True)
    ]


def typed(cells: pa.Array, kind: ColumnType) -> pd.Series:
    """Cells of a column with their type: whole numbers, fractions, truth values or text; None is an empty cell.

    Args:
        cells: all cells of the column, or some.
        kind: the type of the column.
    """
    text = pc.utf8_trim_whitespace(cells)
    if kind.kind == "empty":
        return pd.Series([None] * len(cells), dtype=object)
    if kind.kind == "code":
        return pd.Series(_objects(text, pc.equal(text, "")), dtype=object)
    if kind.kind == "text":
        return pd.Series(_objects(cells, pc.equal(text, "")), dtype=object)
    missing = _is_missing(text)
    present = text.filter(pa.array(~missing))
    if kind.kind == "truth":
        found = np.full(len(cells), None, dtype=object)
        found[~missing] = np.asarray(pc.equal(pc.utf8_lower(present), "true").to_numpy(zero_copy_only=False))
        return pd.Series(found if kind.has_missing else found.astype(np.bool_))
    if kind.written == "comma":
        present = pc.replace_substring(pc.replace_substring(present, ".", ""), ",", ".")
    if kind.written == "grouped":
        present = pc.replace_substring(present, ",", "")
    numbers = np.full(len(missing), np.nan)
    numbers[~missing] = present.to_numpy(zero_copy_only=False).astype(np.float64)
    return pd.Series(numbers.astype(np.int64) if kind.kind == "whole" and not kind.has_missing else numbers)


def typed_columns(columns: Sequence[Sequence[str]], decimal: Decimal = "auto") -> list[pd.Series]:
    """Columns of one file with their types; see :func:`column_types` and :func:`typed`."""
    cells = [pa.array(column, pa.string()) for column in columns]
    types = column_types([partial(_same, column) for column in cells], decimal)
    return [typed(column, kind) for column, kind in zip(cells, types, strict=True)]


def _same(column: pa.Array) -> pa.Array:
    return column


def is_ambiguous(cells: Sequence[str]) -> bool:
    """Whether texts are numbers with commas, which may stand before fractions or between thousands."""
    return _writes(pc.utf8_trim_whitespace(pa.array(cells, pa.string()))) in ("comma", "grouped", "either")


def _writes(text: pa.Array) -> str:
    """How a column writes numbers: ``plain``, with a decimal ``comma``, ``grouped`` by commas, or ``either`` of these;
    ``text`` if it holds something else."""
    present = text.filter(pa.array(~_is_missing(text)))
    if not len(present) or _all(present, _NUMBER, _INFINITE):
        return "plain"
    comma, grouped = _all(present, _DECIMAL_COMMA), _all(present, _DECIMAL_POINT)
    return "either" if comma and grouped else "comma" if comma else "grouped" if grouped else "text"


def _type(text: pa.Array, writes: str, decimal: Decimal) -> ColumnType:
    missing = _is_missing(text)
    present = text.filter(pa.array(~missing))
    has_missing = bool(missing.any())
    if writes == "either" and decimal != "auto":
        writes = "comma" if decimal == "comma" else "grouped"
    if writes == "plain" and decimal == "comma" and len(present) and _any(present, _GROUPED_BY_POINTS):
        # In a file with decimal commas a point stands between thousands; where it cannot, this column is another's.
        writes = "comma" if _all(present, _DECIMAL_COMMA) else writes
    if not len(present):
        return ColumnType("empty", has_missing=has_missing)
    if writes in ("comma", "grouped"):
        return ColumnType("number", writes, has_missing)
    if writes == "plain":
        return ColumnType(_kind_of_numbers(present), has_missing=has_missing)
    return ColumnType("truth" if _all(present, r"(?i)^(true|false)$") else "text", has_missing=has_missing)


def _kind_of_numbers(present: pa.Array) -> Literal["whole", "number", "code"]:
    if not _all(present, _WHOLE):
        return "number"
    longest = pc.max(pc.utf8_length(present)).as_py()
    if _any(present, _CODE) or (
        longest > _LONGEST_EXACT and max(map(abs, map(int, present.to_pylist()))) > _LARGEST_EXACT
    ):
        return "code"
    return "whole"


def _objects(cells: pa.Array, empty: pa.Array) -> np.ndarray:
    """Texts as objects, one for each that is different; None for those that are empty."""
    encoded = cells.dictionary_encode()
    names = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
    places = encoded.indices.to_numpy()
    return names[np.where(np.asarray(empty.to_numpy(zero_copy_only=False), dtype=bool), len(names) - 1, places)]


def _is_missing(text: pa.Array) -> Bool[np.ndarray, " n"]:
    found = pc.is_in(pc.utf8_lower(text), value_set=pa.array(sorted(MISSING)))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _all(text: pa.Array, pattern: str, other: str | None = None) -> bool:
    found = pc.match_substring_regex(text, pattern)
    if other is not None and not pc.all(found).as_py():
        found = pc.or_(found, pc.match_substring_regex(text, other))
    return bool(pc.all(found).as_py())


def _any(text: object, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(text, pattern)).as_py())
