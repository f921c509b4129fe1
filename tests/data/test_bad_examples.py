"""What cannot be used is refused with its file, row and column, and nothing is left behind."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image
from sample_corpora import lines, picture_folder, picture_table, pictures, recipe, sentences, table, write_table

import dragoman
from dragoman.data.prepare import prepare
from dragoman.errors import InputError, RecipeError
from dragoman.recipe import Recipe

WORDS = ("one", "two", "three", "four", "five")


def refused(chosen: Recipe, folder: Path, **frames: Any) -> InputError:
    """The error of a training, which leaves nothing."""
    before = sorted(folder.iterdir())
    with pytest.raises(InputError) as found:
        dragoman.train(chosen, folder / "run", **frames)
    assert sorted(folder.iterdir()) == before
    return found.value


def left_out(chosen: Recipe, folder: Path, **frames: Any) -> str:
    """What is said of the one picture that is left out of a dataset, which all others are in."""
    told: list[str] = []
    dataset = prepare(chosen, folder / "dataset", log=told.append, **frames)
    assert sum(dataset.report["pairs"].values()) == 39
    (drop,) = pq.read_table(folder / "dataset" / "dropped.parquet").to_pylist()
    assert drop["rule"] == "broken picture"
    (line,) = (line for line in told if ", left out: " in line)
    return line


def of_rows(path: Path, target: str = "number", decoder: str = "number", **data: Any) -> Recipe:
    return recipe("linear", decoder, data={"train": {"path": str(path), "target_column": target}, **data})


def of_pictures(path: Path) -> Recipe:
    return recipe("mlp", "label", reads="picture", data={"train": {"path": str(path)}})


def rows(wrong: dict[tuple[int, str], object], path: Path) -> Path:
    """A table of numbers with these cells in it."""
    frame = table(60).drop(columns="label").astype(object)
    for place, value in wrong.items():
        frame.loc[place] = value
    return write_table(frame, path)


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 50,000 × 50,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def truncated() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)).save(file, "png")
    return file.getvalue()[:300]


UNREADABLE: dict[str, tuple[bytes | None, str]] = {
    "bomb": (bomb(), "pixels are read"),
    "truncated": (truncated(), "cannot be decoded"),
    "text": (b"this is no picture", "is no picture"),
    "empty": (b"", "is empty"),
    "absent": (None, "does not exist"),
}


@pytest.mark.parametrize("kind", list(UNREADABLE))
def test_a_picture_that_cannot_be_read_names_table_row_column_and_picture(kind: str, tmp_path: Path) -> None:
    path = picture_table(tmp_path / "corpus", 40)
    content, says = UNREADABLE[kind]
    picture = tmp_path / "corpus" / "pictures" / "011.png"
    picture.unlink()
    if content is not None:
        picture.write_bytes(content)
    line = left_out(of_pictures(path), tmp_path)
    for part in (f"{path}:13: ", says, "'source'", "011.png"):
        assert part in line


@pytest.mark.parametrize("kind", [kind for kind in UNREADABLE if kind != "absent"])
def test_a_picture_that_cannot_be_read_in_a_folder_is_named(kind: str, tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "corpus", 40)
    content, says = UNREADABLE[kind]
    assert content is not None
    (folder / "left" / "004.png").write_bytes(content)
    line = left_out(of_pictures(folder), tmp_path)
    assert says in line
    assert str(folder / "left" / "004.png") in line


def test_pictures_of_which_none_can_be_read_are_an_error(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "corpus", 40)
    for picture in folder.rglob("*.png"):
        picture.write_bytes(b"this is no picture")
    error = refused(of_pictures(folder), tmp_path)
    assert "is no picture" in error.what


def test_bytes_in_a_table_that_are_no_picture_name_row_and_column(tmp_path: Path) -> None:
    made, labels = pictures(40)
    cells = []
    for picture in made:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "png")
        cells.append(file.getvalue())
    cells[6] = bomb()
    pd.DataFrame({"source": cells, "target": labels}).to_parquet(tmp_path / "t.parquet")
    line = left_out(of_pictures(tmp_path / "t.parquet"), tmp_path)
    assert f"{tmp_path / 't.parquet'}:7: " in line
    assert "'source'" in line


def test_a_column_of_numbers_holds_no_pictures(tmp_path: Path) -> None:
    pd.DataFrame({"source": range(40), "target": ["a", "b"] * 20}).to_parquet(tmp_path / "t.parquet")
    error = refused(of_pictures(tmp_path / "t.parquet"), tmp_path)
    assert (error.file, error.line) == (tmp_path / "t.parquet", 1)
    assert "`source` holds int, which is no picture" in error.what


@pytest.mark.parametrize("channels", [5, 0])
def test_a_wrong_count_of_channels_names_row_and_column(channels: int, tmp_path: Path) -> None:
    made, labels = pictures(40)
    made[8] = np.zeros((8, 8, channels), dtype=np.uint8)
    frame = pd.DataFrame({"source": pd.Series(made, dtype=object), "target": labels})
    line = left_out(recipe("mlp", "label", reads="picture"), tmp_path, train=frame)
    for part in ("DataFrame:9: ", "'source'", f"8 × 8 × {channels}"):
        assert part in line


def test_a_folder_without_folders_of_pictures(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "corpus" / "a.png")
    error = refused(of_pictures(tmp_path / "corpus"), tmp_path)
    assert error.file == tmp_path / "corpus"
    assert "no folder in it holds a picture" in error.what


def test_a_label_that_training_lacks_names_file_and_row(tmp_path: Path) -> None:
    train = write_table(table(60).drop(columns="number"), tmp_path / "train.csv")
    other = table(20, seed=1).drop(columns="number")
    other.loc[4, "label"] = "Larg"
    path = write_table(other, tmp_path / "test.csv")
    test = {"path": str(path), "target_column": "label"}
    error = refused(of_rows(train, "label", "label", test=test), tmp_path)
    assert (error.file, error.line) == (path, 6)
    assert "`Larg`" in error.what
    assert "`large`" in error.remedy


def test_a_row_without_a_label_is_dropped_and_listed(tmp_path: Path) -> None:
    frame = table(60).drop(columns="number")
    frame.loc[7, "label"] = None
    told: list[str] = []
    recipe = of_rows(write_table(frame, tmp_path / "t.csv"), "label", "label")
    prepare(recipe, tmp_path / "dataset", log=told.append)
    drops = pq.read_table(tmp_path / "dataset" / "dropped.parquet").to_pylist()
    assert [(drop["rule"], drop["line"]) for drop in drops] == [("no target", 9)]
    assert any("no target" in line for line in told)


@pytest.mark.parametrize("kind", ["row", "text", "picture"])
def test_one_class_only_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    if kind == "row":
        path = write_table(table(60).drop(columns="number").assign(label="all"), tmp_path / "t.csv")
        chosen = of_rows(path, "label", "label")
    elif kind == "text":
        path = lines(tmp_path / "t.txt", sentences(WORDS, 60))
        chosen = recipe("convolution", "label", data={"train": {"text": str(path), "label": "all"}})
    else:
        path = picture_folder(tmp_path / "corpus", 40)
        for picture in (path / "right").iterdir():
            picture.unlink()
        (path / "left").rename(path / "all")
        chosen = of_pictures(path)
    error = refused(chosen, tmp_path)
    assert "only one label, `all`" in error.what
    assert error.file is not None
    assert error.file.is_relative_to(path)


def test_a_column_of_numbers_is_no_column_of_labels(tmp_path: Path) -> None:
    error = refused(of_rows(write_table(table(80), tmp_path / "t.csv"), "number", "label"), tmp_path)
    assert "80" in error.what or "different labels" in error.what
    assert 'decoder.kind = "number"' in error.remedy


@pytest.mark.parametrize("missing", ["target", "feature"])
def test_a_missing_column_names_the_file_the_column_and_those_that_are_there(missing: str, tmp_path: Path) -> None:
    path = write_table(table(60).drop(columns="label"), tmp_path / "t.csv")
    chosen = of_rows(path, "numbr") if missing == "target" else of_rows(path, features=["sice"])
    error = refused(chosen, tmp_path)
    assert error.file == path
    assert {"target": "numbr", "feature": "sice"}[missing] in error.what
    assert {"target": "number", "feature": "size"}[missing] in str(error)


def test_a_column_that_only_the_test_table_lacks(tmp_path: Path) -> None:
    train = write_table(table(60).drop(columns="label"), tmp_path / "train.csv")
    path = write_table(table(20, seed=1).drop(columns=["label", "weight"]), tmp_path / "test.csv")
    error = refused(of_rows(train, test={"path": str(path), "target_column": "number"}), tmp_path)
    assert error.file == path
    assert "`weight`" in error.what


WRONG_CELLS: dict[str, tuple[str, object, str]] = {
    "text among numbers": ("size", "tall", "'tall'"),
    "a unit": ("weight", "12 kg", "'12 kg'"),
    "infinity in a feature": ("size", float("inf"), "infinite"),
    "infinite target": ("number", float("-inf"), "infinite"),
    "text as target": ("number", "many", "'many'"),
}


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        *((kind, ".csv") for kind in WRONG_CELLS),
        *((kind, ".jsonl") for kind, (_, value, _) in WRONG_CELLS.items() if isinstance(value, str)),
    ],
)
def test_a_wrong_cell_names_file_row_and_column(kind: str, ending: str, tmp_path: Path) -> None:
    column, value, says = WRONG_CELLS[kind]
    path = rows({(20, column): value}, tmp_path / f"t{ending}")
    error = refused(of_rows(path), tmp_path)
    assert (error.file, error.line) == (path, 22 if ending == ".csv" else 21)
    assert f"`{column}`" in error.what
    assert says in error.what


@pytest.mark.parametrize("value", ["tall", "nan of what"])
def test_a_wrong_cell_of_the_test_table_alone(value: str, tmp_path: Path) -> None:
    train = write_table(table(60).drop(columns="label"), tmp_path / "train.csv")
    path = rows({(3, "size"): value}, tmp_path / "v.csv")
    error = refused(of_rows(train, validation={"path": str(path), "target_column": "number"}), tmp_path)
    assert (error.file, error.line) == (path, 5)
    assert "`size`" in error.what
    assert repr(value) in error.what


def test_a_row_with_too_many_fields_names_its_line(tmp_path: Path) -> None:
    path = write_table(table(60).drop(columns="label"), tmp_path / "t.csv")
    found = path.read_text(encoding="utf-8").splitlines()
    found[9] += ",surplus"
    path.write_text("\n".join(found) + "\n", encoding="utf-8")
    error = refused(of_rows(path), tmp_path)
    assert (error.file, error.line) == (path, 10)


def test_a_column_of_names_that_never_repeat_is_refused(tmp_path: Path) -> None:
    frame = table(120).drop(columns="label").assign(name=[f"row {n}" for n in range(120)])
    error = refused(of_rows(write_table(frame, tmp_path / "t.csv")), tmp_path)
    assert error.file == tmp_path / "t.csv"
    assert "`name`" in error.what


def test_a_number_among_texts_in_memory_names_the_row(tmp_path: Path) -> None:
    values: list[Any] = list(sentences(WORDS, 40))
    values[5] = 17
    frame = pd.DataFrame({"source": pd.Series(values, dtype=object), "target": ["a", "b"] * 20})
    error = refused(recipe("convolution", "label"), tmp_path, train=frame)
    assert (str(error.file), error.line) == ("DataFrame", 6)
    assert "17" in error.what


def test_files_that_are_absent_or_empty(tmp_path: Path) -> None:
    for name in ("absent.csv", "empty.csv"):
        path = tmp_path / name
        if name == "empty.csv":
            path.write_bytes(b"")
        assert refused(of_rows(path), tmp_path).file == path


def test_too_few_examples_to_hold_some_out(tmp_path: Path) -> None:
    path = write_table(table(2).drop(columns="label"), tmp_path / "t.csv")
    assert "no validation set can be held out of 2 training examples" in refused(of_rows(path), tmp_path).what


def test_fonts_that_are_not_on_this_machine(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.txt", sentences(WORDS, 60))
    chosen = recipe("residual", "ctc", data={"train": {"text": str(path)}}, rendering={"fonts": ["DejaVu Sams"]})
    error = refused(chosen, tmp_path)
    assert "DejaVu Sams" in error.what
    assert "DejaVu Sans" in str(error)


def test_corpora_that_the_model_cannot_read_are_told_by_the_recipe(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.txt", sentences(WORDS, 60))
    with pytest.raises(RecipeError, match="has no label"):
        recipe("convolution", "label", data={"train": {"text": str(path)}})
