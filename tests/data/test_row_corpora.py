"""Rows of tables, from files and from memory, to numbers that a model takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sample_corpora import COLOURS, recipe, table, write_table

from dragoman.contracts import Labels, Numbers, Rows
from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.data.read_table import read_table
from dragoman.errors import InputError
from dragoman.fields.columns import CategoricalColumn, NumericColumn
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.row import RowField

ENDINGS = (".csv", ".tsv", ".parquet", ".jsonl")
FORMATS = {".csv": "table", ".tsv": "table", ".parquet": "parquet", ".jsonl": "json-lines"}


def data(path: Path, target: str = "number", **more: object) -> dict[str, object]:
    return {"train": {"path": str(path), "target_column": target}, "validation_pairs": 10, "test_pairs": 10, **more}


@pytest.mark.parametrize("ending", ENDINGS)
def test_types_and_missing_values_are_what_pandas_takes_them_for(ending: str, tmp_path: Path) -> None:
    written = pd.DataFrame({"n": [1.5, None, -3.0], "whole": [1, 2, 3], "text": ["a", None, "c"], "yes": [True] * 3})
    frame, lines = read_table(write_table(written, tmp_path / f"t{ending}"), FORMATS[ending])
    assert frame["n"].isna().tolist() == [False, True, False]
    assert frame["text"].isna().tolist() == [False, True, False]
    assert frame["whole"].dtype.kind == "i"
    assert frame["yes"].dtype.kind == "b"
    assert lines == {"table": [2, 3, 4]}.get(FORMATS[ending], [1, 2, 3])


def test_lines_are_counted_in_the_file_although_cells_hold_line_breaks_and_rows_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,"two\nlines"\n\n3,x\n', encoding="utf-8")
    frame, lines = read_table(path, "table")
    assert frame["b"].tolist() == ["two\nlines", "x"]
    assert lines == [2, 5]


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_format_gives_the_same_numbers(ending: str, tmp_path: Path) -> None:
    frame = table(60)
    given = prepare(
        recipe("linear", "number", data=data(tmp_path / "named-but-not-read.csv")),
        tmp_path / "memory",
        train=frame.drop(columns="label"),
    )
    path = write_table(frame.drop(columns="label"), tmp_path / f"t{ending}")
    read = prepare(recipe("linear", "number", data=data(path)), tmp_path / "file")
    one, other = (d.train.batch(np.arange(len(d.train))) for d in (given, read))
    assert isinstance(one.source, Rows)
    assert isinstance(other.source, Rows)
    assert one.source.numbers.allclose(other.source.numbers, atol=1e-5)
    assert one.source.categories.equal(other.source.categories)
    assert one.target.values.allclose(other.target.values, atol=1e-5)


def test_numbers_are_standardised_by_the_training_rows_alone(tmp_path: Path) -> None:
    path = write_table(table(400).drop(columns="label"), tmp_path / "t.csv")
    dataset = prepare(recipe("linear", "number", data=data(path)), tmp_path / "dataset")
    assert (len(dataset.validation), len(dataset.test or ())) == (10, 10)
    batch = dataset.train.batch(np.arange(len(dataset.train)))
    assert isinstance(batch.source, Rows)
    assert isinstance(batch.target, Numbers)
    for values in (batch.source.numbers, batch.target.values):
        assert np.allclose(values.mean(0), 0, atol=1e-5)
        assert np.allclose(values.std(0, correction=0), 1, atol=1e-5)
    assert isinstance(dataset.source, RowField)
    assert [type(column) for column in dataset.source.columns] == [NumericColumn, NumericColumn, CategoricalColumn]
    assert dataset.source.columns[2].values == tuple(sorted(COLOURS))  # type: ignore[union-attr]
    held_out = dataset.validation.batch(np.arange(10))
    assert isinstance(held_out.source, Rows)
    assert not np.allclose(held_out.source.numbers.mean(0), 0, atol=1e-3)


def test_what_the_rows_hold_is_told_from_the_training_table_to_the_model_and_back(tmp_path: Path) -> None:
    """Sources and targets of one row stay together through shuffles and files."""
    frame = table(200).drop(columns="label")
    dataset = prepare(recipe("linear", "number", data={"train": None}), tmp_path / "dataset", train=_named(frame))
    assert isinstance(dataset.target, NumberField)
    assert isinstance(dataset.source, RowField)
    for part in (dataset.train, dataset.validation):
        batch = part.batch(np.arange(len(part)))
        assert isinstance(batch.source, Rows)
        size = batch.source.numbers[:, 0].double().numpy() * dataset.source.columns[0].deviation  # type: ignore[union-attr]
        size = size + dataset.source.columns[0].mean  # type: ignore[union-attr]
        truth = dataset.target.restore(batch.target.values.double().numpy())
        by_place = frame.iloc[[line - 1 for _, line in part.places(np.arange(len(part)))]]
        assert np.allclose(size, by_place["size"], atol=1e-4)
        assert np.allclose(truth, by_place["number"], atol=1e-4)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns={"number": "target"})


def test_missing_cells_are_counted_told_and_get_an_indicator(tmp_path: Path) -> None:
    frame = table(100).drop(columns="label")
    frame.loc[::10, "size"] = None
    frame.loc[::20, "colour"] = None
    told: list[str] = []
    path = write_table(frame, tmp_path / "t.csv")
    dataset = prepare(recipe("linear", "number", data=data(path)), tmp_path / "dataset", log=told.append)
    assert isinstance(dataset.source, RowField)
    assert dataset.source.numbers == 3
    assert dataset.source.category_sizes == (len(COLOURS) + 2,)
    assert any("size" in line and "empty" in line for line in told)
    batch = dataset.train.batch(np.arange(len(dataset.train)))
    assert isinstance(batch.source, Rows)
    assert set(batch.source.numbers[:, 1].tolist()) == {0.0, 1.0}


def test_features_choose_columns_and_numbers_can_be_names(tmp_path: Path) -> None:
    frame = table(100)
    frame["code"] = np.arange(100) % 4
    chosen = data(write_table(frame, tmp_path / "t.csv"), "label", features=["size", "code"], categorical=["code"])
    dataset = prepare(recipe("linear", "label", data=chosen), tmp_path / "dataset")
    assert isinstance(dataset.source, RowField)
    assert [column.name for column in dataset.source.columns] == ["size", "code"]
    assert dataset.source.category_sizes == (5,)
    assert isinstance(dataset.target, LabelField)
    assert dataset.target.names == ("large", "small")
    batch = dataset.train.batch(np.arange(4))
    assert isinstance(batch.target, Labels)


def test_values_that_training_lacks_are_told_and_stand_apart(tmp_path: Path) -> None:
    told: list[str] = []
    given = recipe("linear", "label", data={"train": None})
    train, validation = (table(40, seed=n).drop(columns="number").rename(columns={"label": "target"}) for n in (1, 2))
    validation.loc[3, "colour"] = "mauve"
    dataset = prepare(given, tmp_path / "d", train=train, validation=validation, log=told.append)
    assert any("colour" in line and "no training row" in line for line in told)
    batch = dataset.validation.batch(np.arange(40))
    assert isinstance(batch.source, Rows)
    assert batch.source.categories[3, 0] == len(COLOURS)
    assert dataset.report["pairs"] == {"train": 40, "validation": 40}


def test_equal_rows_stay_on_one_side(tmp_path: Path) -> None:
    """Whatever their targets are, and though there are only 30 different ones."""
    frame = table(30).drop(columns="label")
    frame = _named(pd.concat([frame] * 4, ignore_index=True))
    frame["target"] += np.arange(len(frame))
    dataset = prepare(recipe("linear", "number", data={"train": None}), tmp_path / "dataset", train=frame)
    sides = [
        set(frame["size"].iloc[[line - 1 for _, line in part.places(np.arange(len(part)))]])
        for part in (dataset.train, dataset.validation, dataset.test)
        if part is not None
    ]
    assert len(sides) == 3
    assert all(not one & other for one in sides for other in sides if one is not other)
    assert sum(map(len, sides)) == 30


def test_a_dataset_opens_as_it_was_made(tmp_path: Path) -> None:
    path = write_table(table(60).drop(columns="number"), tmp_path / "t.csv")
    made = prepare(recipe("mlp", "label", data=data(path, "label")), tmp_path / "dataset")
    opened = Dataset.open(tmp_path / "dataset")
    assert (opened.source, opened.target) == (made.source, made.target)
    assert opened.fingerprint == made.fingerprint
    again = prepare(recipe("mlp", "label", data=data(path, "label")), tmp_path / "again")
    assert again.fingerprint == made.fingerprint


def test_corpora_with_weights_are_seen_that_often(tmp_path: Path) -> None:
    corpora = [
        {"path": str(write_table(table(40, seed=n), tmp_path / f"t{n}.csv")), "target_column": "label", "weight": w}
        for n, w in ((1, 1.0), (2, 3.0))
    ]
    chosen = {"train": corpora, "features": ["size", "weight"], "validation_pairs": 5, "test_pairs": 0}
    dataset = prepare(recipe("linear", "label", data=chosen), tmp_path / "dataset")
    weights = dataset.training_weights
    assert weights is not None
    assert sorted(set(zip(dataset.train.corpora.tolist(), weights.tolist(), strict=True))) == [(0, 1.0), (1, 3.0)]
    assert [corpus.name for corpus in dataset.corpora] == ["t1", "t2"]
    assert dataset.report["corpora"]["t2"]["weight"] == 3.0


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_table_without_rows_is_refused(ending: str, tmp_path: Path) -> None:
    path = write_table(table(1).iloc[:0], tmp_path / f"t{ending}")
    with pytest.raises(InputError) as found:
        prepare(recipe("linear", "number", data=data(path)), tmp_path / "dataset")
    assert path.name in str(found.value)
    assert not (tmp_path / "dataset").exists()


def test_text_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "t.po").write_text('msgid "a"\nmsgstr "b"\n', encoding="utf-8")
    with pytest.raises(InputError, match="no table that can be read: it seems to be a gettext catalogue"):
        prepare(recipe("linear", "number", data=data(tmp_path / "t.po")), tmp_path / "dataset")


def test_a_table_as_a_spreadsheet_of_another_country_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(
        "\ufeffsep=;\r\nsize;plz;when;y;\r\n1.234,5;01067;31.12.2024;3,5;\r\n2,0;80331;1.2.2025;NA;\r\n".encode()
    )
    frame, lines = read_table(path, "table")
    assert list(frame.columns) == ["size", "plz", "when", "y"]
    assert frame["size"].tolist() == [1234.5, 2.0]
    assert frame["plz"].tolist() == ["01067", "80331"]
    assert frame["y"].tolist()[0] == 3.5
    assert lines == [3, 4]


def test_a_workbook_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(b"PK\x03\x04" + b"\0" * 26 + b"xl/workbook.xml")
    with pytest.raises(InputError, match=r"Excel workbook \(XLSX\)(.|\n)*save it as CSV"):
        prepare(recipe("linear", "number", data=data(path, "y")), tmp_path / "dataset")
