"""Pictures from tables, folders and memory to what an encoder takes; and pictures rendered of texts."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image
from sample_corpora import lines, picture_folder, picture_table, pictures, recipe, sentences

from dragoman.contracts import Labels, Packed, Pictures
from dragoman.data.columns.picture import PictureColumn
from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.fields.label import LabelField
from dragoman.recipe import Recipe
from dragoman.text.codec import Codec

WORDS = ("one", "two", "three", "four", "five", "six", "seven")


def labelling(**data: Any) -> Recipe:
    return recipe("mlp", "label", reads="picture", data={"validation_pairs": 4, "test_pairs": 4, **data})


def reading(path: Path, *, noisy: float = 0.5, **sections: Any) -> Recipe:
    values = {
        "tokenizer": {"kind": "characters", "vocabulary_size": 320, "placeholders": False},
        "rendering": {"fonts": ["DejaVu Sans"], "noisy": noisy},
        "data": {"train": {"text": str(path)}, "validation_pairs": 10, "test_pairs": 10},
        **sections,
    }
    return recipe("residual", "ctc", **values)


def stored(dataset: Dataset) -> dict[tuple[int, int], tuple[bytes, str]]:
    """The pixels and the label of every example by its place."""
    assert isinstance(dataset.target, LabelField)
    found = {}
    for part in (dataset.train, dataset.validation, dataset.test):
        assert part is not None
        indices = np.arange(len(part))
        batch = part.batch(indices)
        assert isinstance(batch.source, Pictures)
        assert isinstance(batch.target, Labels)
        columns = batch.source.values.split(batch.source.layout.lengths.tolist(), dim=2)
        labels = dataset.target.decode(batch.target.values.numpy())
        for place, pixels, label in zip(part.places(indices), columns, labels, strict=True):
            found[place] = pixels.numpy().tobytes(), label
    return found


def expected(count: int) -> list[tuple[bytes, str]]:
    """Pictures that span black to white are kept as they are."""
    return [(picture.tobytes(), label) for picture, label in zip(*pictures(count), strict=True)]


@pytest.fixture
def plain() -> dict[str, Any]:
    return {"height": 8, "width": 8, "contrast": False}


def test_a_table_of_paths_counts_them_from_its_own_folder(tmp_path: Path, plain: dict[str, Any]) -> None:
    path = picture_table(tmp_path / "corpus", 40)
    chosen = labelling(train={"path": str(path)}).model_copy(update={"pictures": _pictures(plain)})
    found = stored(prepare(chosen, tmp_path / "dataset"))
    assert [found[0, line] for line in range(2, 42)] == expected(40)


def _pictures(values: dict[str, Any]) -> Any:
    from dragoman.recipe.picture import PictureRecipe

    return PictureRecipe(**values)


@pytest.mark.parametrize("struct", [False, True])
def test_parquet_holds_the_bytes_of_picture_files(struct: bool, tmp_path: Path, plain: dict[str, Any]) -> None:
    """As they are, or in a struct, as the datasets of Hugging Face have them."""
    made, labels = pictures(40)
    cells: list[Any] = []
    for picture in made:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "png")
        cells.append({"bytes": file.getvalue(), "path": "x.png"} if struct else file.getvalue())
    pd.DataFrame({"image": cells, "target": labels}).to_parquet(tmp_path / "t.parquet")
    chosen = labelling(train={"path": str(tmp_path / "t.parquet"), "source_column": "image"})
    dataset = prepare(chosen.model_copy(update={"pictures": _pictures(plain)}), tmp_path / "dataset")
    found = stored(dataset)
    assert [found[0, row] for row in range(1, 41)] == expected(40)


def test_a_folder_of_pictures_for_each_label(tmp_path: Path, plain: dict[str, Any]) -> None:
    folder = picture_folder(tmp_path / "corpus", 40)
    (folder / "left" / "notes.txt").write_text("no picture", encoding="utf-8")
    chosen = labelling(train={"path": str(folder)}).model_copy(update={"pictures": _pictures(plain)})
    dataset = prepare(chosen, tmp_path / "dataset")
    assert isinstance(dataset.target, LabelField)
    assert dataset.target.names == ("left", "right")
    assert sorted(stored(dataset).values()) == sorted(expected(40))


@pytest.mark.parametrize("kind", ["array", "path", "text", "bytes", "pillow"])
def test_a_data_frame_holds_pictures_in_any_form(kind: str, tmp_path: Path, plain: dict[str, Any]) -> None:
    made, labels = pictures(40)
    sources: list[Any] = []
    for number, picture in enumerate(made):
        path = tmp_path / f"{number}.png"
        Image.fromarray(picture).save(path)
        forms = {"array": picture, "path": path, "text": str(path), "bytes": path.read_bytes()}
        sources.append(forms.get(kind, Image.fromarray(picture)))
    frame = pd.DataFrame({"source": pd.Series(sources, dtype=object), "target": labels})
    chosen = labelling(train=None).model_copy(update={"pictures": _pictures(plain)})
    found = stored(prepare(chosen, tmp_path / "dataset", train=frame))
    assert [found[0, row] for row in range(1, 41)] == expected(40)


def test_the_same_picture_is_never_on_two_sides(tmp_path: Path) -> None:
    made, labels = pictures(15)
    frame = pd.DataFrame({"source": pd.Series(made * 4, dtype=object), "target": labels * 4})
    dataset = prepare(labelling(train=None), tmp_path / "dataset", train=frame)
    sides = []
    for part in (dataset.train, dataset.validation, dataset.test):
        assert part is not None
        sides.append({(line - 1) % 15 for _, line in part.places(np.arange(len(part)))})
    assert set.union(*sides) == set(range(15))
    assert sum(map(len, sides)) == 15


def test_pictures_of_any_width_lie_side_by_side(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    made = [draw.integers(0, 256, (16, 4 + n), dtype=np.uint8) for n in range(30)]
    frame = pd.DataFrame({"source": pd.Series(made, dtype=object), "target": ["a b", "c"] * 15})
    chosen = recipe("residual", "ctc", data={"validation_pairs": 3, "test_pairs": 0}, pictures={"height": 8})
    dataset = prepare(chosen, tmp_path / "dataset", train=frame)
    part = dataset.train
    indices = np.arange(len(part))
    batch = part.batch(indices)
    assert isinstance(batch.source, Pictures)
    assert isinstance(batch.target, Packed)
    assert isinstance(dataset.target, Codec)
    widths = [max(round((3 + line) / 2), 1) for _, line in part.places(indices)]
    assert np.abs(np.array(batch.source.layout.lengths.tolist()) - widths).max() <= 1
    assert batch.source.values.shape[:2] == (1, 8)


def test_texts_become_pictures_that_differ_in_training_only(tmp_path: Path) -> None:
    path = lines(tmp_path / "text.txt", sentences(WORDS, 60))
    dataset = prepare(reading(path), tmp_path / "dataset")
    assert isinstance(dataset.train.source, PictureColumn)
    indices = np.arange(5)
    one, other = (dataset.validation.batch(indices).source for _ in range(2))
    assert isinstance(one, Pictures)
    assert isinstance(other, Pictures)
    assert one.values.equal(other.values)
    assert one.values.shape[1] == 32
    first, second, again = (dataset.train.batch(indices, np.random.default_rng(seed)).source for seed in (1, 2, 1))
    assert first.values.shape != second.values.shape or not first.values.equal(second.values)  # type: ignore[union-attr]
    assert first.values.equal(again.values)  # type: ignore[union-attr]


def test_the_same_seed_renders_the_same_bits_and_another_others(tmp_path: Path) -> None:
    path = lines(tmp_path / "text.txt", sentences(WORDS, 60))
    sets = [prepare(reading(path, noisy=1.0), tmp_path / name) for name in ("one", "same")]
    sets.append(prepare(reading(path, noisy=1.0, training={"seed": 2}), tmp_path / "other"))
    one, same, _ = sets
    assert one.fingerprint == same.fingerprint
    assert one.test is not None
    pixels = [part.test.batch(np.arange(len(part.test))).source.values for part in sets]  # type: ignore
    assert pixels[0].equal(pixels[1])
    assert pixels[0].shape != pixels[2].shape or not pixels[0].equal(pixels[2])


def test_lines_that_no_font_can_write_are_dropped_and_told(tmp_path: Path) -> None:
    text = [*sentences(WORDS, 50), "漢字 of no such font"]
    dataset = prepare(reading(lines(tmp_path / "text.txt", text)), tmp_path / "dataset")
    assert dataset.report["cleaning"]["train"]["dropped"] == {"no font": 1}
    assert sum(dataset.report["pairs"].values()) == 50


def test_lines_are_held_out_whole(tmp_path: Path) -> None:
    """Those that differ in case alone are one."""
    text = sentences(WORDS, 50)
    path = lines(tmp_path / "text.txt", [*text, *(line.upper() for line in text)])
    dataset = prepare(reading(path), tmp_path / "dataset")
    assert dataset.test is not None
    sides = [
        {line.lower() for line in part.target_texts()} for part in (dataset.train, dataset.validation, dataset.test)
    ]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 50


def test_real_pictures_stand_beside_rendered_ones(tmp_path: Path) -> None:
    """In training as in a test set of its own, such as photographs of what the model shall read."""
    path = lines(tmp_path / "text.txt", sentences(WORDS, 40))
    draw = np.random.default_rng(4)
    rows = []
    for number in range(12):
        name = f"photo {number}.png"
        Image.fromarray(draw.integers(0, 256, (32, 40), dtype=np.uint8)).save(tmp_path / name)
        rows.append(f"{name}\tphoto {number}")
    table = lines(tmp_path / "photos.tsv", ["source\ttarget", *rows])
    data = {"train": [{"text": str(path)}, {"path": str(table)}], "test": {"path": str(table)}, "validation_pairs": 5}
    dataset = prepare(reading(path, data=data), tmp_path / "dataset")
    assert dataset.test is not None
    photos = dataset.test.batch(np.arange(12)).source
    assert isinstance(photos, Pictures)
    assert photos.layout.lengths.tolist() == [40] * 12
    part = dataset.train
    indices = np.arange(len(part))
    (first, again), texts = (
        [part.batch(indices, np.random.default_rng(seed)).source for seed in (1, 2)],
        part.target_texts(),
    )
    assert isinstance(first, Pictures)
    assert isinstance(again, Pictures)
    for row, text in enumerate(texts):
        one, other = (
            pictures.values.split(pictures.layout.lengths.tolist(), dim=2)[row] for pictures in (first, again)
        )
        same = one.shape == other.shape and one.equal(other)
        assert same == text.startswith("photo"), "a photograph is what it is"


def test_a_picture_in_memory_without_a_text_is_left_out_and_counted(tmp_path: Path) -> None:
    draw = np.random.default_rng(6)
    made = [draw.integers(0, 256, (16, 20), dtype=np.uint8) for _ in range(30)]
    frame = pd.DataFrame({"source": pd.Series(made, dtype=object), "target": ["a b", "c", " "] * 10})
    chosen = recipe("residual", "ctc", data={"validation_pairs": 3, "test_pairs": 0}, pictures={"height": 8})
    dataset = prepare(chosen, tmp_path / "dataset", train=frame)
    assert dataset.report["cleaning"]["train"]["dropped"] == {"empty": 10}
    assert sum(dataset.report["pairs"].values()) == 20


def test_a_broken_picture_is_counted_and_named_and_not_the_end(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "pictures", 40)
    broken = sorted(folder.rglob("*.png"))[3]
    broken.write_bytes(broken.read_bytes()[:60])
    told: list[str] = []
    data = {"train": {"path": str(folder)}, "validation_pairs": 4, "test_pairs": 4}
    prepare(recipe("mlp", "label", reads="picture", data=data), tmp_path / "dataset", log=told.append)
    assert [line for line in told if "left out" in line and broken.name in line]
    drops = pq.read_table(tmp_path / "dataset" / "dropped.parquet").to_pylist()
    assert [(drop["rule"], drop["file"]) for drop in drops] == [("broken picture", str(broken))]
