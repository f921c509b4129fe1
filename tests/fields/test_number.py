from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import InputError
from dragoman.fields.files import field_from_dict
from dragoman.fields.number import NumberField

PLACES = [(Path("homes.csv"), line) for line in range(2, 12)]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_numbers_come_back_and_have_mean_0_and_deviation_1(values: list[float]) -> None:
    numbers = np.array(values)
    field = NumberField.learn(numbers)
    standardised = field.standardise(numbers)
    assert field.restore(standardised) == pytest.approx(numbers, abs=1e-6)
    assert field_from_dict(json.loads(json.dumps(field.to_dict()))) == field
    if np.ptp(numbers) > 1:
        assert standardised.mean() == pytest.approx(0, abs=1e-6)
        assert standardised.std() == pytest.approx(1)


def test_mean_and_deviation_by_hand() -> None:
    assert NumberField.learn(np.array([1.0, 3.0])) == NumberField(2.0, 1.0)
    assert NumberField.learn(np.array([0.1] * 7)) == NumberField(0.1, 1.0)
    huge = NumberField.learn(np.array([-1e300, 1e300]))
    assert (huge.mean, huge.deviation) == (0.0, 1e300)


def test_numbers_are_read_however_they_are_written() -> None:
    cells = [1, "2", " -3.5 ", "4e2", np.float32(0.5), True, "false", Decimal("1.25")]
    found = NumberField.parse(cells, PLACES[:8], "price")
    assert found.tolist() == [1, 2, -3.5, 400, 0.5, 1, 0, 1.25]


@pytest.mark.parametrize("value", [None, math.nan, "", " ", "NA", "n/a", "NaN", pd.NA, pd.NaT])
def test_a_missing_target_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(InputError, match=r"homes.csv:3: column `price`: the target is missing"):
        NumberField.parse([1.0, value], PLACES[:2], "price")


@pytest.mark.parametrize("value", [math.inf, "-Infinity", "1e999", 10**400])
def test_infinity_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(InputError, match=r"homes.csv:2: column `price`: .* is infinite"):
        NumberField.parse([value], PLACES[:1], "price")


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("1,5", r"--decimal comma; else write a decimal point.*: 1\.5"),
        ("1,250,000.5", "nothing between thousands"),
        ("12 kg", "the number alone: 12,"),
        ("-3.5%", r"the number alone: -3\.5,"),
        ("twelve", "write it as a number"),
        ("1_000", "write"),
        ("٣", "write it as a number"),
        ([1], "write it as a number"),
        (pd.Timestamp("2020-01-01"), "write it as a number"),
        (1j, "write it as a number"),
    ],
)
def test_what_is_no_number_is_refused_with_its_place_and_a_remedy(value: object, remedy: str) -> None:
    with pytest.raises(InputError, match=rf"homes.csv:3: column `price`: .* is not a number\n.*{remedy}"):
        NumberField.parse([1.0, value], PLACES[:2], "price")


@given(st.text())
def test_any_text_is_a_number_or_an_input_error(text: str) -> None:
    try:
        found = NumberField.parse([text], PLACES[:1], "price")
    except InputError:
        return
    assert np.isfinite(found).all()
