"""Models that say labels or numbers, and readers of pictures, side by side."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dragoman.comparison.budget import Budget
from dragoman.comparison.compare import compare
from dragoman.comparison.report import ComparisonReport, cost_columns, notes, quality_columns
from dragoman.errors import InputError
from dragoman.recipe import Recipe, recipe_from
from dragoman.tasks.table import TASKS
from dragoman.training.history import read_history
from dragoman.training.run import train

pytestmark = pytest.mark.draws

LINEAR: dict[str, Any] = {"kind": "linear"}
MLP: dict[str, Any] = {"kind": "mlp", "hidden": [16]}
SEEN = 128 * 60


def table(path: Path, rows: int, seed: int) -> Path:
    """Rows with a label and a number that a linear model cannot tell from them, and a hidden layer can."""
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, rows))
    place = np.where(random.random(rows) < 0.5, "north", "south")
    number = 1000 * np.abs(a) + 200 * b + 300 * (place == "north")
    label = np.where(a * b > 0, "same", "opposite")
    frame = pd.DataFrame({"a": a, "b": b, "place": place, "number": number, "label": label})
    frame.loc[random.choice(rows, rows // 20, replace=False), "b"] = np.nan
    frame.to_csv(path, index=False)
    return path


def recipe(
    encoder: dict[str, Any], says: str, data: dict[str, Any], updates: int = 60, **sections: dict[str, Any]
) -> Recipe:
    metric = {"label": "accuracy", "number": "rmse"}.get(says, "cer")
    return recipe_from(
        {
            "data": {**data, "validation_pairs": 40, "test_pairs": 60},
            "model": {"encoder": encoder, "decoder": {"kind": says}},
            "training": {
                "updates": updates,
                "batch": {"tokens": 128},
                "optimizer": {"learning_rate": 3e-2},
                "schedule": {"kind": "cosine", "warmup": 2},
                "validate_every": max(updates // 3, 1),
                "checkpoint_every": updates,
                "label_smoothing": 0.0,
                "precision": "float32",
                "device": "cpu",
                "threads": 1,
                "early_stopping": {"metric": metric},
            },
            **sections,
        }
    )


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("tables")
    made = {split: table(folder / f"{split}.csv", *of) for split, of in {"train": (600, 0), "test": (150, 1)}.items()}
    return {split: {"path": path} for split, path in made.items()}


def of_rows(tables: dict[str, Any], says: str, encoder: dict[str, Any], **data: Any) -> Recipe:
    sections = {split: {**corpus, "target_column": says} for split, corpus in tables.items()}
    return recipe(encoder, says, {**sections, "features": ["a", "b", "place"], **data})


@pytest.fixture(scope="module")
def labels(tables: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[ComparisonReport, Path]:
    output = tmp_path_factory.mktemp("labels")
    subjects = {"linear": of_rows(tables, "label", LINEAR), "mlp": of_rows(tables, "label", MLP)}
    return compare(subjects, output, budget=Budget(updates=60), threads=1), output


@pytest.fixture(scope="module")
def numbers(tables: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[ComparisonReport, Path]:
    output = tmp_path_factory.mktemp("numbers")
    subjects = {"linear": of_rows(tables, "number", LINEAR), "mlp": of_rows(tables, "number", MLP)}
    return compare(subjects, output, budget=Budget(tokens=SEEN), threads=1), output


def agrees_with_the_run(report: ComparisonReport, output: Path, name: str, quality: str) -> None:
    row = next(row for row in report.rows if row.name == name)
    run = output / "runs" / name
    evaluation = json.loads((run / "evaluation.json").read_text())
    measured = evaluation[quality]
    scale = 100 if quality == "accuracy" else 1
    assert row.measures.quality.value == pytest.approx(scale * measured["value"])
    looks = read_history(run)
    looks = looks[looks["event"] == "validation"]
    assert [point.score for point in row.curve] == looks[
        TASKS["row", "label"].watched_score if scale == 100 else quality
    ].tolist()
    assert row.validation_loss == looks["loss"].min()


def test_labels(labels: tuple[ComparisonReport, Path]) -> None:
    report, output = labels
    assert [row.name for row in report.rows] == ["mlp", "linear"], "the best first"
    assert report.higher_is_better
    assert (report.split, report.examples, report.unit) == ("test set", 150, "examples")
    best, other = (row.measures for row in report.rows)
    assert best.quality.metric == "accuracy"
    assert best.quality.value > 80 > other.quality.value
    assert [estimate.metric for estimate in best.others] == ["macro-F1", "nats per example"]
    difference = report.rows[1].against_best
    assert difference is not None
    assert difference.p_value < 0.01
    assert difference.difference == pytest.approx(other.quality.value - best.quality.value)
    for name in ("linear", "mlp"):
        agrees_with_the_run(report, output, name, "accuracy")
        said = (output / "outputs" / f"{name}.txt").read_text().splitlines()
        assert len(said) == 150
        assert set(said) <= {"same", "opposite"}
    assert {row.tokens for row in report.rows} == {report.rows[0].curve[-1].tokens}
    assert all(row.measures.speeds["predictions"] > 0 for row in report.rows)


def test_numbers(numbers: tuple[ComparisonReport, Path]) -> None:
    report, output = numbers
    assert [row.name for row in report.rows] == ["mlp", "linear"], "the smallest error first"
    assert not report.higher_is_better
    best, other = (row.measures for row in report.rows)
    assert [e.metric for e in (best.quality, *best.others)] == ["RMSE", "MAE", "R²"]
    assert best.quality.value < 0.8 * other.quality.value
    for name in ("linear", "mlp"):
        agrees_with_the_run(report, output, name, "rmse")
        assert len((output / "outputs" / f"{name}.txt").read_text().splitlines()) == 150
    tokens = {row.tokens for row in report.rows}
    assert len(tokens) == 1
    assert SEEN - 128 <= tokens.pop() <= SEEN + 128, "a budget of tokens counts examples"
    smallest = min(point.score for row in report.rows for point in row.curve if point.score is not None)
    assert smallest < report.reach < 1.2 * smallest
    assert report.rows[0].minutes_to_reach is not None


def test_what_people_read(labels: tuple[ComparisonReport, Path], numbers: tuple[ComparisonReport, Path]) -> None:
    for (report, output), quality in ((labels, "accuracy"), (numbers, "RMSE")):
        html = (output / "report.html").read_text()
        columns = {**quality_columns(report), **cost_columns(report)}
        assert {f"{quality} (95 % interval)", "training examples", "examples/s", "predictions/s"} <= set(columns)
        for title, column in columns.items():
            assert all(text in html for text in (title, *column))
        said = " ".join(notes(report))
        assert "examples per second of training" in said
        assert "token" not in said.replace("A budget of tokens counts examples.", "")
        for picture in ("curves.png", "quality_time.png"):
            assert (output / picture).read_bytes().startswith(b"\x89PNG")
        assert json.loads((output / "report.json").read_text())["unit"] == "examples"


def test_numbers_are_shown_with_four_figures(numbers: tuple[ComparisonReport, Path]) -> None:
    report = numbers[0]
    shown = quality_columns(report)["R²"]
    assert [float(text) for text in shown] == [
        pytest.approx(row.measures.others[1].value, abs=1e-4) for row in report.rows
    ]
    assert all(len(text.split(".")[1]) == 4 for text in shown)


def test_readers(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for split, count in (("train", 90), ("test", 12)):
        words = ["".join(random.choice(list(string.ascii_lowercase[:8]), 4)) for _ in range(count)]
        (tmp_path / f"{split}.txt").write_text("\n".join(words) + "\n")
    data = {split: {"text": tmp_path / f"{split}.txt"} for split in ("train", "test")}
    sections: dict[str, Any] = {
        "pictures": {"height": 16},
        "rendering": {"fonts": ["DejaVu Sans"], "noisy": 0.0},
        "tokenizer": {"kind": "characters", "vocabulary_size": 320, "placeholders": False},
        "search": {"beam": 2},
    }
    encoder = {"kind": "residual", "channels": [4, 8], "width": 16, "context": 1}
    one = recipe(encoder, "ctc", data, updates=4, **sections)
    other = recipe({**encoder, "width": 24}, "ctc", data, updates=4, **sections)
    report = compare({"one": one, "other": other}, tmp_path, budget=Budget(updates=4), threads=1)
    for row in report.rows:
        found = row.measures
        assert [e.metric for e in (found.quality, *found.others)] == ["CER", "CER greedy", "WER"]
        assert set(found.speeds) == {"greedy", "beam"}
        evaluation = json.loads((tmp_path / "runs" / row.name / "evaluation.json").read_text())
        assert found.quality.value == pytest.approx(evaluation["cer"]["value"])
        assert len((tmp_path / "outputs" / f"{row.name}.txt").read_text().splitlines()) == 12
    assert (report.unit, report.examples, report.higher_is_better) == ("target tokens", 12, False)
    noisier = recipe(
        encoder, "ctc", data, updates=4, **{**sections, "rendering": {**sections["rendering"], "noisy": 1.0}}
    )
    with pytest.raises(InputError, match="have different test sets"):
        compare(
            {"one": tmp_path / "runs" / "one", "noisier": noisier},
            tmp_path,
            budget=Budget(updates=1),
        )


def test_other_rows_with_the_same_labels_are_refused(labels: tuple[ComparisonReport, Path], tmp_path: Path) -> None:
    """The labels alone do not tell test sets apart."""
    run = labels[1] / "runs" / "linear"
    train = pd.read_csv(table(tmp_path / "train.csv", 200, 0))
    test = pd.read_csv(table(tmp_path / "test.csv", 150, 1))
    test["a"] = test["a"][::-1].to_numpy()
    test.to_csv(tmp_path / "test.csv", index=False)
    train.to_csv(tmp_path / "train.csv", index=False)
    made = {split: {"path": tmp_path / f"{split}.csv"} for split in ("train", "test")}
    other = of_rows(made, "label", LINEAR)
    with pytest.raises(InputError, match="linear and other have different test sets"):
        compare({"linear": run, "other": other}, tmp_path / "out", budget=Budget(updates=2))


def pictures(seed: int, count: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    values = random.integers(0, 256, (count, 8, 8), dtype=np.uint8)
    return pd.DataFrame({"source": list(values), "target": ["a", "b"] * (count // 2)})


def texts(seed: int, count: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    words = ["".join(random.choice(list(string.ascii_lowercase), 6)) for _ in range(count)]
    return pd.DataFrame({"source": words, "target": ["a", "b"] * (count // 2)})


@pytest.mark.parametrize(
    ("of", "encoder"),
    [(pictures, {**MLP, "reads": "picture"}), (texts, {"kind": "gru", "width": 8, "bidirectional": False})],
)
def test_pictures_and_texts_tell_test_sets_apart(of: Any, encoder: dict[str, Any], tmp_path: Path) -> None:
    """All test sets have the same labels in the same order."""
    sections = {"pictures": {"height": 8, "width": 8, "contrast": False}, "tokenizer": {"vocabulary_size": 300}}
    asked = recipe(encoder, "label", {}, updates=3, **sections)
    runs = {
        name: train(asked, tmp_path / name, train=of(learnt, 40), validation=of(2, 10), test=of(held, 12)).folder
        for name, learnt, held in (("one", 0, 1), ("same", 5, 1), ("other", 0, 3))
    }
    alike = {name: runs[name] for name in ("one", "same")}
    assert compare(alike, tmp_path / "out", threads=1).examples == 12
    with pytest.raises(InputError, match="one and other have different test sets"):
        compare({name: runs[name] for name in ("one", "other")}, tmp_path / "out", threads=1)


def test_models_that_read_other_columns_and_learnt_from_other_rows_are_compared(
    labels: tuple[ComparisonReport, Path], tables: dict[str, Any], tmp_path: Path
) -> None:
    fewer = {"train": {"path": table(tmp_path / "fewer.csv", 200, 5)}, "test": tables["test"]}
    other = of_rows(fewer, "label", LINEAR, features=["a", "b"])
    run = labels[1] / "runs" / "mlp"
    report = compare({"mlp": run, "fewer": other}, tmp_path / "out", budget=Budget(updates=2), threads=1)
    assert report.rows[0].name == "mlp"


def test_models_of_two_kinds_are_refused(
    labels: tuple[ComparisonReport, Path], numbers: tuple[ComparisonReport, Path], tmp_path: Path
) -> None:
    subjects = {"a": labels[1] / "runs" / "mlp", "b": numbers[1] / "runs" / "mlp"}
    said = "a is a model that reads rows of a table and predicts labels and b a model that reads rows of a table and"
    with pytest.raises(InputError, match=said):
        compare(subjects, tmp_path / "out")
