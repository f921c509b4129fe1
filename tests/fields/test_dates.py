"""Columns of dates and times: told by all their cells, never guessed, and encoded alike in training and in use."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pandas as pd
import pytest

from dragoman.errors import InputError
from dragoman.fields.columns import DateColumn
from dragoman.fields.dates import form_of
from dragoman.fields.row import RowField

DAYS = ["2024-01-01", "2024-03-05", "2024-12-31", "2025-07-14"]


def field(cells: list[object]) -> RowField:
    return RowField.learn(pd.DataFrame({"when": cells, "y": 0}), exclude="y", file="t.csv", lines=range(2, 99))


def numbers(trained: RowField, cells: list[object]) -> np.ndarray:
    return trained.encode(pd.DataFrame({"when": cells}), file="new.csv", lines=range(2, 99)).numbers


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["2024-02-03", "2024-02-04T05:06:07Z"], "year-month-day"),
        (["31/12/2024", "01/02/2024"], "day-month-year"),
        (["12/31/2024", "01/02/2024"], "month-day-year"),
        (["3.4.2024", "4.5.2024 10:30"], "day-month-year"),
        (["01/02/2024"], "either"),
        (["31/12/2024", "12/31/2024"], None),
        (["2024-02-30"], None),
        (["09:30", "23:59:59"], "time"),
        (["25:00"], None),
        (["2024"], None),
        (["1.5"], None),
    ],
)
def test_the_form_is_that_of_all_cells(texts: list[str], form: str | None) -> None:
    assert form_of(texts) == form


def test_all_ways_of_writing_a_day_give_the_same_numbers() -> None:
    trained = field(DAYS)
    assert isinstance(trained.columns[0], DateColumn)
    right = numbers(trained, DAYS)
    assert right.shape == (4, trained.numbers)
    stamps = [pd.Timestamp(day) for day in DAYS]
    assert np.array_equal(numbers(trained, [datetime.date.fromisoformat(day) for day in DAYS]), right)
    assert np.array_equal(numbers(trained, pd.to_datetime(DAYS)), right)
    by_day = [stamp.strftime("%d.%m.%Y") for stamp in stamps]
    assert np.array_equal(field(by_day).encode(pd.DataFrame({"when": by_day})).numbers, right)
    assert np.array_equal(
        RowField.from_dict(json.loads(json.dumps(trained.to_dict()))).encode(pd.DataFrame({"when": DAYS})).numbers,
        right,
    )


def test_what_the_numbers_say() -> None:
    column = field(DAYS).columns[0]
    assert isinstance(column, DateColumn)
    found = dict(zip(column.parts, numbers(field(DAYS), ["2024-01-01"])[0].tolist(), strict=True))
    assert (found["Monday"], found["Tuesday"]) == (1, 0)
    assert (found["sine of the year"], found["cosine of the year"]) == (0, 1)
    days = [(datetime.date.fromisoformat(day) - datetime.date(1970, 1, 1)).days for day in DAYS]
    assert found["days"] == pytest.approx((days[0] - np.mean(days)) / np.std(days))


def test_zones_move_the_time_that_passed_and_not_the_clock() -> None:
    cells = ["2024-06-01T12:00:00+02:00", "2024-06-01T12:00:00Z", "2024-06-09T00:00:00Z"]
    trained = field(cells)
    first, second, _ = numbers(trained, cells)
    assert first[0] < second[0]
    assert np.array_equal(first[1:], second[1:])


def test_missing_dates_have_an_indicator() -> None:
    cells = [*DAYS, "", "NA"]
    found = numbers(field(cells), cells)
    assert found[:, -1].tolist() == [0, 0, 0, 0, 1, 1]
    assert not found[4:, :-1].any()


def test_day_and_month_that_cannot_be_told_apart_are_asked_for() -> None:
    with pytest.raises(InputError, match="day and month cannot be told apart"):
        field(["01/02/2024", "03/04/2024"])


def test_a_cell_that_is_no_date_is_named() -> None:
    with pytest.raises(InputError, match=r"t.csv:22: column `when` holds dates .* but 'soon' here"):
        field([*[f"2024-01-{day:02}" for day in range(1, 21)], "soon"])
    with pytest.raises(InputError, match=r"new.csv:3: column `when`: '2024-13-01' is no date"):
        numbers(field(DAYS), ["2024-01-01", "2024-13-01"])
    with pytest.raises(InputError, match=r"'12/31/2024' is no date, written day-month-year"):
        numbers(field(["31/12/2024", "01/02/2024"]), ["12/31/2024"])


def test_spans_of_time_are_days() -> None:
    frame = pd.DataFrame({"x": pd.to_timedelta([12, 36], "h"), "y": 0})
    assert RowField.learn(frame, exclude="y").encode(frame).numbers.ravel().tolist() == [-1, 1]
