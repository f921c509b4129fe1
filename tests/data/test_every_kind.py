"""Every field and every pair of an input and an output go through one preparation, and come back as they went in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sample_corpora import lines, picture_folder, recipe, sentences, table, write_table

from dragoman.data.columns.kinds import SOURCE_COLUMNS, TARGET_COLUMNS, expected_columns
from dragoman.data.columns.tags import TagColumn
from dragoman.data.columns.text import TextColumn
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.data.given import examples_of
from dragoman.data.kinds import INPUTS, OUTPUTS
from dragoman.data.prepare import prepare
from dragoman.recipe import Recipe, recipe_from

WORDS = ("the", "dog", "cat", "runs", "sleeps", "red", "tree", "and", "sees")
COUNT = 60
Maker = Callable[[Path], dict[str, Any]]


def texts_with(targets: list[str]) -> Maker:
    def make(folder: Path) -> dict[str, Any]:
        frame = pd.DataFrame({"source": sentences(WORDS, COUNT), "target": targets})
        return {"path": str(write_table(frame, folder / "t.csv"))}

    return make


def rows_for(target: str) -> Maker:
    def make(folder: Path) -> dict[str, Any]:
        frame = table(COUNT)[["size", "weight", "colour", target]]
        return {"path": str(write_table(frame, folder / "t.csv")), "target_column": target}

    return make


def pictures(folder: Path) -> dict[str, Any]:
    return {"path": str(picture_folder(folder / "pictures", COUNT))}


def measured_pictures(folder: Path) -> dict[str, Any]:
    paths = sorted(map(str, picture_folder(folder / "pictures", COUNT).rglob("*.png")))
    frame = pd.DataFrame({"source": paths, "target": [f"{number / 7:.3f}" for number in range(COUNT)]})
    return {"path": str(write_table(frame, folder / "t.csv"))}


def read_lines(folder: Path) -> dict[str, Any]:
    paths = sorted(map(str, picture_folder(folder / "pictures", COUNT).rglob("*.png")))
    frame = pd.DataFrame({"source": paths, "target": sentences(WORDS, COUNT)})
    return {"path": str(write_table(frame, folder / "t.csv"))}


NUMBERS = [f"{number / 3:.4f}" for number in range(COUNT)]
TAGS = [" ".join("long" if len(word) > 3 else "short" for word in text.split()) for text in sentences(WORDS, COUNT)]
KINDS: dict[tuple[str, str], tuple[tuple[str, str, str | None], Maker]] = {
    ("nothing", "text"): (
        ("none", "transformer", None),
        lambda folder: {"text": str(lines(folder / "t.txt", sentences(WORDS, COUNT)))},
    ),
    ("text", "text"): (("transformer", "transformer", None), texts_with(sentences(WORDS, COUNT, seed=1))),
    ("text", "label"): (("convolution", "label", None), texts_with(["a", "b"] * (COUNT // 2))),
    ("text", "number"): (("convolution", "number", None), texts_with(NUMBERS)),
    ("text", "tags"): (("convolution", "tags", None), texts_with(TAGS)),
    ("picture", "text"): (("residual", "ctc", None), read_lines),
    ("picture", "label"): (("mlp", "label", "picture"), pictures),
    ("picture", "number"): (("mlp", "number", "picture"), measured_pictures),
    ("row", "label"): (("mlp", "label", "row"), rows_for("label")),
    ("row", "number"): (("linear", "number", "row"), rows_for("number")),
}


@dataclass(frozen=True)
class Prepared:
    recipe: Recipe
    dataset: Dataset


@pytest.fixture(scope="module", params=list(KINDS), ids=" to ".join)
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    (encoder, decoder, reads), make = KINDS[request.param]
    folder = tmp_path_factory.mktemp("kind")
    data = {"train": make(folder), "validation_pairs": 5, "test_pairs": 5}
    loose = {"copies": False, "language": False, "repetition": False, "max_ratio": 99.0}
    chosen = recipe(encoder, decoder, reads=reads, data=data, cleaning=loose)
    assert (chosen.model.input_kind, chosen.model.output_kind) == request.param
    return Prepared(chosen, prepare(chosen, folder / "dataset", log=lambda message: None))


def same(some: Examples, indices: np.ndarray, others: Examples, places: np.ndarray) -> bool:
    """Whether examples of two splits are the same, as a model takes them."""
    return all(
        np.array_equal(left, right)
        for pair in zip(sides(some, indices), sides(others, places), strict=True)
        for left, right in zip(*map(tensors, pair), strict=True)
    )


def sides(examples: Examples, indices: np.ndarray) -> tuple[object, ...]:
    if not examples.source_lengths.all():
        return (examples.text_batch(indices).target,)
    batch = examples.batch(indices)
    return batch.source, batch.target


def tensors(side: object) -> list[np.ndarray]:
    names = [name for name in ("values", "pixels", "numbers", "categories", "first") if hasattr(side, name)]
    return [np.asarray(getattr(side, name)) for name in names]


def test_every_pair_that_a_recipe_can_ask_for_is_tested() -> None:
    assert {reads for reads, _ in KINDS} == set(INPUTS)
    assert {says for _, says in KINDS} == set(OUTPUTS)


def test_splits_hold_every_example_once(prepared: Prepared) -> None:
    splits = [prepared.dataset.train, prepared.dataset.validation, prepared.dataset.test]
    places = [place for split in splits if split is not None for place in split.places(np.arange(len(split)))]
    assert len(places) == len(set(places)) == COUNT
    assert prepared.dataset.report["pairs"] == {"train": COUNT - 10, "validation": 5, "test": 5}


def test_what_is_stored_is_what_the_fields_expect_and_gives_the_same_batches(prepared: Prepared) -> None:
    dataset = prepared.dataset
    stored = Dataset.open(dataset.folder.path)
    indices = np.array([4, 0, 9])
    assert same(stored.train, indices, dataset.train, indices)
    assert same(dataset.train.take(indices), np.arange(3), dataset.train, indices)
    table = pa.ipc.open_file(pa.memory_map(str(dataset.folder.path / "train.arrow"))).read_all()
    for name, column in expected_columns(dataset.source, dataset.target, rendered=False).items():
        column.check(name, table.column(name))
    assert type(dataset.source) in SOURCE_COLUMNS
    assert type(dataset.target) in TARGET_COLUMNS
    assert dataset.source.describe()
    assert dataset.target.describe()


def test_lengths_are_tokens_of_texts_words_with_tags_and_one_of_all_else(prepared: Prepared) -> None:
    examples = prepared.dataset.train
    for column in (examples.source, examples.target):
        if isinstance(column, TextColumn):
            assert int(column.lengths.sum()) == len(column.tokens)
        elif isinstance(column, TagColumn):
            assert int(column.lengths.sum()) == len(column.tags)
        else:
            assert column.lengths.tolist() == [1] * len(examples)


def test_given_corpora_are_encoded_as_their_dataset_was(prepared: Prepared) -> None:
    dataset, data = prepared.dataset, prepared.recipe.data
    given = examples_of(data.train, prepared.recipe, dataset.source, dataset.target, log=lambda message: None)
    assert isinstance(given, Examples)
    assert len(given) == COUNT
    lines_of = [line for _, line in given.places(np.arange(COUNT))]
    if len(set(lines_of)) < COUNT:
        pytest.skip("pictures in folders have no lines")
    chosen = np.array([lines_of.index(line) for _, line in dataset.train.places(np.arange(3))])
    assert same(given, chosen, dataset.train, np.arange(3))


def test_each_corpus_may_have_languages_of_its_own(tmp_path: Path) -> None:
    russian = ["да это хорошо", "нет это плохо", "где твой дом", "кто там идёт"]
    cyrillic = lines(tmp_path / "a.ru", [f"{text} {number}" for number in range(10) for text in russian])
    german = ["ja das ist gut", "nein so nicht", "wo ist dein Haus", "wer geht da"]
    latin = lines(tmp_path / "a.de", [f"{text} {number}" for number in range(10) for text in german])
    english = lines(tmp_path / "a.en", [f"this is text {number} of {part}" for number in range(10) for part in "abcd"])
    train = [
        {"name": "one", "source": str(english), "target": str(latin)},
        {"name": "two", "source": str(english), "target": str(cyrillic), "target_language": "ru"},
    ]
    values = {"tokenizer": {"vocabulary_size": 320}, "cleaning": {"numbers": False, "max_ratio": 9.0}}
    both = prepare(recipe_from({**values, "data": {"train": train}}), tmp_path / "both", log=lambda message: None)
    kept = {name: report["kept"] for name, report in both.report["cleaning"]["train"]["corpora"].items()}
    assert kept == {"one": 40, "two": 40}
    for corpus in train:
        corpus.pop("target_language", None)
    alike = prepare(recipe_from({**values, "data": {"train": train}}), tmp_path / "alike", log=lambda message: None)
    assert alike.report["cleaning"]["train"]["corpora"]["two"]["dropped"] == {"script": 40}


def test_a_language_that_a_corpus_states_is_checked_where_nothing_is_translated(tmp_path: Path) -> None:
    mixed = [*sentences(WORDS, 30), *(f"это по русски {number}" for number in range(10))]
    other = sentences(WORDS, 30, seed=5)
    train: list[dict[str, Any]] = [
        {"text": str(lines(tmp_path / "a.txt", mixed)), "label": "a", "source_language": "en"},
        {"text": str(lines(tmp_path / "b.txt", other)), "label": "b"},
    ]
    dataset = prepare(recipe("convolution", "label", data={"train": train}), tmp_path / "d", log=lambda message: None)
    assert dataset.report["cleaning"]["train"]["dropped"] == {"script": 10}


@pytest.mark.parametrize(("text", "rule"), [("bad \x07 bell", "control characters"), ("x" * 300, "overlong word")])
def test_rules_on_texts_apply_to_texts_with_labels(text: str, rule: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"source": [*sentences(WORDS, 40), text], "target": [*["a", "b"] * 20, "a"]})
    dataset = prepare(recipe("convolution", "label"), tmp_path / "d", train=frame, log=lambda message: None)
    assert dataset.report["cleaning"]["train"]["dropped"] == {rule: 1}


def test_texts_that_differ_in_case_alone_are_near_duplicates_if_their_label_is_the_same(tmp_path: Path) -> None:
    texts = [*sentences(WORDS, 40), "The dog barks", "the dog barks!", "THE DOG BARKS"]
    frame = pd.DataFrame({"source": texts, "target": [*["a", "b"] * 20, "a", "a", "b"]})
    dataset = prepare(recipe("convolution", "label"), tmp_path / "d", train=frame, log=lambda message: None)
    assert dataset.report["cleaning"]["train"]["dropped"] == {"near-duplicate": 1}
