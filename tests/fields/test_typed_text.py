"""The types of columns of text: decided by all cells, and nothing that a number would lose is lost."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from dragoman.errors import InputError
from dragoman.fields.row import RowField
from dragoman.fields.typed_text import Decimal, typed_columns


def typed(*cells: str, decimal: Decimal = "auto") -> list[object]:
    return typed_columns([list(cells)], decimal)[0].tolist()


@pytest.mark.parametrize(
    ("cells", "right"),
    [
        (("1", "-2", "+3"), [1, -2, 3]),
        (("1", "2.5", "1e5"), [1.0, 2.5, 1e5]),
        (("3,5", "13", "0,25"), [3.5, 13.0, 0.25]),
        (("1.234,5", "2"), [1234.5, 2.0]),
        (("1,234,567", "8.5"), [1234567.0, 8.5]),
        (("1,234", "12"), ["1,234", "12"]),
        (("1,234", "-0,078"), [1.234, -0.078]),
        (("01234", "80331"), ["01234", "80331"]),
        (("9007199254740993", "1"), ["9007199254740993", "1"]),
        (("true", "FALSE"), [True, False]),
        (("NA", "DE"), ["NA", "DE"]),
        (("٣", "1"), ["٣", "1"]),
        (("1_000", "2"), ["1_000", "2"]),
        (("0x10", "2"), ["0x10", "2"]),
        (("5 %", "6 %"), ["5 %", "6 %"]),
        (("a", " "), ["a", None]),
        (("inf", "1"), [math.inf, 1.0]),
    ],
)
def test_a_column_is_decided_as_a_whole(cells: tuple[str, ...], right: list[object]) -> None:
    assert typed(*cells) == right


@pytest.mark.parametrize("missing", ["", "NA", "null", "n/a", "-", "?", "None", "NaN"])
def test_words_for_what_is_missing_among_numbers(missing: str) -> None:
    first, second = typed("1.5", missing)
    assert first == 1.5
    assert second != second


def test_what_one_column_leaves_open_the_others_of_the_file_tell() -> None:
    columns = typed_columns([["1,234", "2"], ["3,5", "1"], ["1.234", "2.000"]])
    assert [column.tolist() for column in columns] == [[1.234, 2.0], [3.5, 1.0], [1234.0, 2000.0]]
    fractions = typed_columns([["3,5", "1"], ["0.125", "0.250"]])
    assert [column.tolist() for column in fractions] == [[3.5, 1.0], [0.125, 0.25]]


def test_a_person_may_say_it() -> None:
    assert typed("1,234", "12", decimal="comma") == [1.234, 12.0]
    assert typed("1,234", "12", decimal="point") == [1234.0, 12.0]


def test_else_there_is_one_question() -> None:
    frame = pd.DataFrame({"x": ["1,234", "2,345"], "y": [1, 2]})
    with pytest.raises(InputError, match="--decimal comma or --decimal point"):
        RowField.learn(frame, exclude="y")


def test_an_index_and_what_is_to_be_left_out() -> None:
    frame = pd.DataFrame({"Unnamed: 0": [2, 0, 1], "id": ["a", "b", "c"], "x": [1, 2, 4], "y": 0})
    field = RowField.learn(frame, exclude="y", leave_out=["id"])
    assert [column.name for column in field.columns] == ["x"]
    assert dict(field.dropped).keys() == {"Unnamed: 0", "id"}
    with pytest.raises(InputError, match="no column `ID number`"):
        RowField.learn(frame, exclude="y", leave_out=["ID number"])


def test_old_values_are_found_in_new_ways_of_writing() -> None:
    field = RowField.learn(pd.DataFrame({"k": [1, 3, None], "y": 0}), exclude="y", categorical=["k"])
    assert field.encode(pd.DataFrame({"k": ["3.0", "1", "NA", "7"]})).categories.ravel().tolist() == [1, 0, 2, 3]
