from __future__ import annotations

import io
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import InputError
from dragoman.fields.columns import CategoricalColumn, NumericColumn
from dragoman.fields.files import field_from_dict
from dragoman.fields.row import RowField

HOMES = """rooms,area,garden,town,postcode,price
3,80.5,True,Ulm,10115,200
5,,False,Bonn,10117,300
4,119.5,True,,10115,250
"""


def table(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


def homes() -> RowField:
    return RowField.learn(table(HOMES), exclude="price", categorical=["postcode"])


def test_a_table_as_pandas_reads_it() -> None:
    field = homes()
    rooms = field.columns[0]
    assert isinstance(rooms, NumericColumn)
    assert (rooms.name, rooms.mean, rooms.has_missing) == ("rooms", 4.0, False)
    assert rooms.deviation == pytest.approx(math.sqrt(2 / 3))
    assert field.columns[1] == NumericColumn("area", 100.0, 19.5, has_missing=True)
    assert field.columns[3] == CategoricalColumn("town", ("Bonn", "Ulm"), has_missing=True)
    assert field.columns[4] == CategoricalColumn("postcode", ("10115", "10117"), has_missing=False)
    assert field.numbers == 4
    assert field.category_sizes == (4, 3)
    assert field.others == (3, 2), "what training has not seen is the last"
    rows = field.encode(table(HOMES))
    assert rows.numbers[:, 1].tolist() == [-1, 0, 1]
    assert rows.numbers[:, 2].tolist() == [0, 1, 0]
    assert rows.numbers[:, 3] == pytest.approx(np.array([1, -2, 1]) / math.sqrt(2))
    assert rows.categories.tolist() == [[1, 0], [0, 1], [2, 0]]
    assert rows.report.missing == {"area": 1, "town": 1}
    assert rows.report.unseen == {}


def test_what_the_training_rows_did_not_have() -> None:
    frame = table("town,postcode,rooms,area,garden,more\nKiel,10117,,90,1,x\nUlm,,4,,0,y\n")
    rows = homes().encode(frame)
    assert rows.categories.tolist() == [[3, 1], [1, 2]]
    assert rows.numbers[0, 0] == 0
    assert rows.report.unseen == {"town": 1}
    assert rows.report.missing == {"rooms": 1, "area": 1, "postcode": 1}
    assert rows.report.describe() == [
        "rooms: 1 cell empty",
        "area: 1 cell empty",
        "postcode: 1 cell empty",
        "town: 1 cell with a value that no training row has",
    ]


def test_a_field_comes_back_through_json_and_describes_itself() -> None:
    frame = table(HOMES).assign(land="DE", nothing=None)
    field = RowField.learn(frame, exclude="price")
    assert field_from_dict(json.loads(json.dumps(field.to_dict()))) == field
    assert dict(field.dropped) == {"land": "every cell is DE", "nothing": "every cell is empty"}
    text = "\n".join(field.describe())
    assert "rooms: number, mean 4, standard deviation 0.816497" in text
    assert "town: one of 2 (Bonn, Ulm), or missing" in text
    assert "land: left out, as every cell is DE" in text


def test_the_order_of_features_is_kept_and_of_the_columns_irrelevant() -> None:
    frame = table(HOMES)
    field = RowField.learn(frame, exclude="price", features=["area", "rooms"])
    assert [column.name for column in field.columns] == ["area", "rooms"]
    turned = frame[frame.columns[::-1]]
    assert (field.encode(turned).numbers == field.encode(frame).numbers).all()


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float32", "bool", "boolean", "object", "int8"])
def test_numbers_of_every_type_are_numeric(dtype: str) -> None:
    frame = pd.DataFrame({"x": pd.Series([0, 1, 1, 0], dtype=dtype), "y": 0})
    field = RowField.learn(frame, exclude="y")
    assert field.encode(frame).numbers[:, 0].tolist() == [-1, 1, 1, -1]


def test_nullable_types_may_miss_cells() -> None:
    frame = pd.DataFrame({"a": pd.array([1, None, 3], "Int64"), "b": pd.array([True, False, None], "boolean"), "y": 0})
    field = RowField.learn(frame, exclude="y")
    assert field.encode(frame).numbers.tolist() == [[-1, 0, 1, 0], [0, 1, -1, 0], [1, 0, 0, 1]]


def test_categories_of_pandas_are_categorical_even_if_they_are_numbers() -> None:
    frame = pd.DataFrame({"x": pd.Categorical([3, 1, 3]), "y": 0})
    assert RowField.learn(frame, exclude="y").columns[0] == CategoricalColumn("x", ("1", "3"), has_missing=False)


def test_a_constant_that_is_sometimes_missing_is_kept() -> None:
    frame = pd.DataFrame({"x": [5.0, math.nan], "word": ["a", None], "y": 0})
    rows = RowField.learn(frame, exclude="y").encode(frame)
    assert rows.numbers.tolist() == [[0, 0], [0, 1]]
    assert rows.categories.tolist() == [[0], [1]]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"x": [1j, 2j], "y": 0}), "neither a number nor text"),
        (pd.DataFrame({"x": [[1], [2]], "y": 0}), "neither a number nor text"),
        (pd.DataFrame({"x": [1, 1], "y": 0}), "no column to learn from"),
        (pd.DataFrame({"y": [0]}), "no column to learn from"),
        (pd.DataFrame({"x": [], "y": []}), "no rows"),
        (pd.DataFrame([[1, 2, 0]], columns=["x", "x", "y"]), "two columns are called `x`"),
        (pd.DataFrame({"x": [1.0, math.inf], "y": 0}), r"row 2: column `x`: inf is infinite"),
        (pd.DataFrame({"x": [f"name {n}" for n in range(60)], "y": 0}), "identifier or free text"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        RowField.learn(frame, exclude="y")


def test_a_slip_among_numbers_is_named_and_may_be_meant() -> None:
    frame = pd.DataFrame({"x": [*map(str, range(40)), "?", "12 kg"], "y": 0})
    with pytest.raises(InputError, match=r"t.csv:42: column `x` holds numbers, but '\?' here and 1 more"):
        RowField.learn(frame, exclude="y", file="t.csv", lines=range(2, 44))
    assert RowField.learn(frame, exclude="y", categorical=["x"]).category_sizes == (43,)
    sizes = pd.DataFrame({"x": ["36", "38", "S", "M"], "y": 0})
    assert RowField.learn(sizes, exclude="y").category_sizes == (5,)


def test_columns_that_are_absent_name_the_nearest() -> None:
    with pytest.raises(InputError, match=r"t.csv: no column `town`(.|\n)*did you mean `twon`"):
        homes().encode(table("rooms,area,garden,twon,postcode\n1,2,1,Ulm,3\n"), file="t.csv")
    with pytest.raises(InputError, match=r"no column `aera`(.|\n)*did you mean `area`"):
        RowField.learn(table(HOMES), exclude="price", features=["aera"])
    with pytest.raises(InputError, match="no column `zip`"):
        RowField.learn(table(HOMES), exclude="price", categorical=["zip"])
    with pytest.raises(InputError, match=r"`price` is the target and among the features"):
        RowField.learn(table(HOMES), exclude="price", features=["price"])


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("abc", r"t.csv:3: column `rooms`: 'abc' is not a number\nLikely cause: the training rows hold numbers"),
        ('"1,5"', r"t.csv:3: column `rooms`: '1,5' is not a number(.|\n)*: 1\.5"),
        ("inf", r"t.csv:3: column `rooms`: inf is infinite"),
        ("1e300", r"t.csv:3: column `rooms`: 1e\+300 is too far from the training rows, whose mean is 4"),
    ],
)
def test_bad_cells_are_named_with_their_line(cell: str, message: str) -> None:
    frame = table(f"rooms,area,garden,town,postcode\n4,1,1,Ulm,1\n{cell},1,1,Ulm,1\n")
    with pytest.raises(InputError, match=message):
        homes().encode(frame, file="t.csv", lines=[2, 3])


CELLS = st.one_of(st.none(), st.floats(), st.integers(), st.booleans(), st.text(max_size=3), st.just(pd.NaT))


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_any_table_is_encoded_or_an_input_error(cells: list[tuple[object, object]]) -> None:
    frame = pd.DataFrame(cells, columns=["a", "b"]).assign(y=0)
    try:
        field = RowField.learn(frame, exclude="y")
        rows = field.encode(frame)
    except InputError:
        return
    assert np.isfinite(rows.numbers).all()
    assert rows.numbers.shape == (len(frame), field.numbers)
    assert rows.categories.shape == (len(frame), len(field.category_sizes))
    assert (rows.categories < np.array(field.category_sizes)).all()
    assert rows.report.unseen == {}


def test_a_slip_outside_of_the_training_rows_makes_no_names_of_numbers() -> None:
    """pandas reads a column as text if one cell of the table is; that cell may be in another split."""
    training = pd.DataFrame({"x": [f"{n / 7:.3f}" for n in range(80)], "y": 0})
    field = RowField.learn(training, exclude="y")
    assert isinstance(field.columns[0], NumericColumn)
    with pytest.raises(InputError, match="'12 kg' is not a number"):
        field.encode(pd.DataFrame({"x": ["1.5", "12 kg"], "y": 0}))
