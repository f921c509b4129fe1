"""Texts with labels and numbers: from lines, tables and memory; cleaned, and held out without a leak."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sample_corpora import lines, recipe, sentences, write_table

from dragoman.contracts import DEFAULT_SYMBOLS, Labels, Numbers, Packed
from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.errors import InputError
from dragoman.fields.label import LabelField
from dragoman.recipe import Recipe
from dragoman.text.codec import Codec
from dragoman.text.normalization import match_key

ENGLISH = ("the", "dog", "cat", "runs", "sleeps", "red", "tree", "and", "sees")
GERMAN = ("der", "Hund", "Katze", "läuft", "schläft", "rot", "Baum", "und", "sieht")


def labelling(**data: Any) -> Recipe:
    return recipe("convolution", "label", data={"validation_pairs": 20, "test_pairs": 20, **data})


def files(folder: Path, count: int = 100) -> list[dict[str, Any]]:
    corpora = {"en": sentences(ENGLISH, count), "de": sentences(GERMAN, count)}
    return [{"text": str(lines(folder / f"{label}.txt", texts)), "label": label} for label, texts in corpora.items()]


def examples(dataset: Dataset) -> dict[str, list[tuple[str, str]]]:
    assert isinstance(dataset.target, LabelField)
    found = {}
    for name in ("train", "validation", "test"):
        part = getattr(dataset, name)
        if part is not None:
            batch = part.batch(np.arange(len(part)))
            assert isinstance(batch.target, Labels)
            found[name] = list(
                zip(part.source_texts(), dataset.target.decode(batch.target.values.numpy()), strict=True)
            )
    return found


def test_every_line_of_a_text_has_its_label(tmp_path: Path) -> None:
    dataset = prepare(labelling(train=files(tmp_path)), tmp_path / "dataset")
    assert isinstance(dataset.target, LabelField)
    assert dataset.target.names == ("de", "en")
    found = [pair for part in examples(dataset).values() for pair in part]
    truth = [(text, label) for label, words in (("en", ENGLISH), ("de", GERMAN)) for text in sentences(words, 100)]
    assert sorted(found) == sorted(truth)
    assert [corpus.name for corpus in dataset.corpora] == ["en", "de"]


@pytest.mark.parametrize("kind", ["lines", "csv", "tsv", "parquet", "jsonl", "frame"])
def test_pairs_of_text_and_label_come_in_any_form(kind: str, tmp_path: Path) -> None:
    texts = [*sentences(ENGLISH, 60), *sentences(GERMAN, 60)]
    labels = ["en"] * 60 + ["de"] * 60
    frame = pd.DataFrame({"text": texts, "language": labels})
    columns = {"source_column": "text", "target_column": "language"}
    given: pd.DataFrame | None = None
    if kind == "lines":
        train = {"source": str(lines(tmp_path / "t.txt", texts)), "target": str(lines(tmp_path / "l.txt", labels))}
    elif kind == "frame":
        given, train = frame.rename(columns={"text": "source", "language": "target"}), None
    else:
        train = {"path": str(write_table(frame, tmp_path / f"t.{kind}")), **columns}
    found = examples(prepare(labelling(train=train), tmp_path / "dataset", train=given))
    assert sorted(pair for part in found.values() for pair in part) == sorted(zip(texts, labels, strict=True))


def test_ids_end_with_the_end_symbol_and_spell_the_text(tmp_path: Path) -> None:
    dataset = prepare(labelling(train=files(tmp_path)), tmp_path / "dataset")
    assert isinstance(dataset.source, Codec)
    batch = dataset.train.batch(np.arange(10))
    assert isinstance(batch.source, Packed)
    rows = batch.source.rows()
    assert all(row[-1] == DEFAULT_SYMBOLS.end for row in rows)
    assert [dataset.source.tokenizer.decode(row[:-1]) for row in rows] == dataset.train.source_texts(np.arange(10))


def test_texts_are_normalised_and_the_useless_dropped_and_counted(tmp_path: Path) -> None:
    texts = [*sentences(ENGLISH, 40), "", " \u200b ", "two  spaces", "cafe\u0301 here", "the twin line"]
    frame = pd.DataFrame({"source": texts, "target": ["en"] * 45})
    other = pd.DataFrame({"source": sentences(GERMAN, 40), "target": ["de"] * 40})
    twin = pd.DataFrame({"source": ["the twin line"], "target": ["en"]})
    dataset = prepare(labelling(train=None), tmp_path / "dataset", train=pd.concat([frame, other, twin]))
    found = {text for part in examples(dataset).values() for text, _ in part}
    assert {"two spaces", "café here"} <= found
    assert dataset.report["cleaning"]["train"]["dropped"] == {"empty": 2, "duplicate": 1}
    dropped = pd.read_parquet(tmp_path / "dataset" / "dropped.parquet")
    assert sorted(dropped["rule"]) == ["duplicate", "empty", "empty"]
    twin_row = dropped[dropped["rule"] == "duplicate"].iloc[0]
    assert (twin_row["source"], twin_row["file"], twin_row["line"]) == ("the twin line", "DataFrame", 86)


def test_texts_that_differ_in_case_or_final_points_are_on_one_side(tmp_path: Path) -> None:
    texts = sentences(ENGLISH, 50)
    twins = [*texts, *(f"{text.upper()}!" for text in texts)]
    frame = pd.DataFrame({"source": twins, "target": ["a", "b"] * 50})
    found = examples(prepare(labelling(train=None), tmp_path / "dataset", train=frame))
    sides = [{match_key(text) for text, _ in part} for part in found.values()]
    assert len(sides) == 3
    assert sum(map(len, sides)) == len(set.union(*sides)) == 50


def test_a_given_test_set_that_leaks_is_told(tmp_path: Path) -> None:
    texts = sentences(ENGLISH, 60)
    frame = pd.DataFrame({"source": texts, "target": ["a", "b"] * 30})
    told: list[str] = []
    dataset = prepare(
        labelling(train=None), tmp_path / "d", train=frame, validation=frame[50:], test=frame[:7], log=told.append
    )
    assert dataset.report["sources_also_in_training"] == {"validation": 10, "test": 7}
    assert any("7" in line and "flatter" in line for line in told)


def test_numbers_of_texts_are_standardised(tmp_path: Path) -> None:
    texts = sentences(ENGLISH, 100)
    frame = pd.DataFrame({"source": texts, "target": [str(len(text)) for text in texts]})
    chosen = recipe("convolution", "number", data={"validation_pairs": 10, "test_pairs": 0})
    dataset = prepare(chosen, tmp_path / "dataset", train=frame)
    batch = dataset.train.batch(np.arange(len(dataset.train)))
    assert isinstance(batch.target, Numbers)
    lengths = np.array([len(text) for text in dataset.train.source_texts()], dtype=np.float64)
    assert np.allclose(batch.target.values, (lengths - lengths.mean()) / lengths.std(), atol=1e-5)


def test_texts_that_are_too_long_are_dropped_from_all_but_the_test_set(tmp_path: Path) -> None:
    long = " ".join(["dog"] * 400)
    frames = [
        pd.DataFrame({"source": [*sentences(ENGLISH, 20, seed=seed), long], "target": ["a", "b", "c"] * 7})
        for seed in range(3)
    ]
    chosen = recipe("convolution", "label", cleaning={"max_tokens": 100, "repetition": False})
    train, validation, test = frames
    dataset = prepare(chosen, tmp_path / "d", train=train, validation=validation, test=test)
    assert dataset.report["pairs"] == {"train": 20, "validation": 20, "test": 21}
    assert dataset.report["cleaning"]["train"]["dropped"] == {"too many tokens": 1}
    assert dataset.test is not None
    assert int(dataset.test.source_lengths.max()) == 100, "as much as is read of it in use"


def test_nothing_but_long_texts_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"source": [f"dog {n} " * 100 for n in range(40)], "target": ["a", "b"] * 20})
    chosen = recipe("convolution", "label", cleaning={"max_tokens": 5, "repetition": False})
    with pytest.raises(InputError, match="too many tokens"):
        prepare(chosen, tmp_path / "dataset", train=frame)
    assert not (tmp_path / "dataset").exists()


def test_weights_of_corpora_balance_what_is_seen(tmp_path: Path) -> None:
    corpora = files(tmp_path)
    corpora[1]["weight"] = 2.5
    dataset = prepare(labelling(train=corpora), tmp_path / "dataset")
    assert dataset.training_weights is not None
    english = dataset.train.corpora == 0
    assert set(dataset.training_weights[english]) == {1.0}
    assert set(dataset.training_weights[~english]) == {2.5}
