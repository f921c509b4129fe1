"""Recipes and runs side by side, from the call to the page."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dragoman.comparison.budget import Budget
from dragoman.comparison.compare import compare
from dragoman.comparison.report import ComparisonReport, cost_columns, page, quality_columns
from dragoman.errors import InputError, OutputError, RecipeError
from dragoman.recipe import Recipe, dump_recipe, recipe_from
from dragoman.training.history import read_history
from dragoman.training.observer import Observer, UpdateRecord
from dragoman.training.run import train

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame, recipe

pytestmark = pytest.mark.draws


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("corpus")
    sections: dict[str, Any] = {}
    for split, count, seed in (("train", 600, 0), ("validation", 40, 1), ("test", 60, 2)):
        table = frame("copy", count, longest=5, seed=seed)
        for side in ("source", "target"):
            (folder / f"{split}.{side}").write_text("\n".join(table[side]) + "\n")
        sections[split] = {side: folder / f"{split}.{side}" for side in ("source", "target")}
    return sections


def with_data(corpus: dict[str, Any], **model: Any) -> Recipe:
    values = recipe().model_dump()
    values["data"] |= corpus
    values["model"] |= model
    return recipe_from(values)


GRU = {"encoder": {"kind": "gru", "width": 24}, "decoder": {"kind": "gru", "width": 24}, "tie": "decoder"}


@pytest.fixture(scope="module")
def compared(corpus: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[ComparisonReport, Path]:
    output = tmp_path_factory.mktemp("comparison")
    subjects = {"small": with_data(corpus), "gru co": with_data(corpus, **GRU)}
    return compare(subjects, output, budget=Budget(updates=30), threads=1), output


def test_the_report_agrees_with_the_runs(compared: tuple[ComparisonReport, Path]) -> None:
    report, output = compared
    assert {row.name for row in report.rows} == {"small", "gru co"}
    assert report.examples == 60
    assert report.split == "test set"
    qualities = [row.measures.quality.value for row in report.rows]
    assert qualities == sorted(qualities, reverse=True)
    for row in report.rows:
        history = read_history(output / "runs" / row.name)
        looks = history[history["event"] == "validation"]
        assert row.validation_loss == looks["loss"].min()
        assert row.tokens == history["target_tokens"].sum()
        assert [point.update for point in row.curve] == looks["update"].tolist() == list(range(3, 31, 3))
        assert row.curve[-1].tokens == row.tokens
        evaluation = json.loads((output / "runs" / row.name / "evaluation.json").read_text())
        assert row.measures.quality.value == pytest.approx(evaluation["bleu"]["value"])
        outputs = (output / "outputs" / f"{row.name}.txt").read_text().splitlines()
        assert len(outputs) == 60
        assert all(speed > 0 for speed in row.measures.speeds.values())
    assert report.rows[0].against_best is None
    assert report.rows[1].against_best is not None
    tokens = {row.tokens for row in report.rows}
    assert len(tokens) == 1, "both saw the same tokens"


def test_what_is_written(compared: tuple[ComparisonReport, Path]) -> None:
    report, output = compared
    written = json.loads((output / "report.json").read_text())
    assert [row["name"] for row in written["rows"]] == [row.name for row in report.rows]
    for picture in ("curves.png", "quality_time.png"):
        assert (output / picture).read_bytes().startswith(b"\x89PNG")
    html = (output / "report.html").read_text()
    assert not re.search(r'(src|href)="(?!data:)', html), "the page needs nothing but itself"
    for columns in (quality_columns(report), cost_columns(report)):
        for title, column in columns.items():
            assert all(text in html for text in (title, *column))


def test_names_are_escaped(compared: tuple[ComparisonReport, Path]) -> None:
    report, _ = compared
    nasty = replace(report.rows[0], name="<script>alert(1)</script>", architecture="a & b")
    html = page(replace(report, rows=(nasty, *report.rows[1:])), [])
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    assert "a &amp; b" in html


class _Stop(Observer):
    def on_update(self, record: UpdateRecord) -> None:
        if record.update == 7:
            os.kill(os.getpid(), signal.SIGINT)


def test_a_stopped_comparison_goes_on_to_the_same_end(
    compared: tuple[ComparisonReport, Path], corpus: dict[str, Any], tmp_path: Path
) -> None:
    subjects = {"small": with_data(corpus), "gru co": with_data(corpus, **GRU)}
    told: list[str] = []
    for _ in subjects:
        with pytest.raises(InputError, match="give the same command again"):
            compare(subjects, tmp_path, budget=Budget(updates=30), threads=1, observers=[_Stop()], log=told.append)
    report = compare(subjects, tmp_path, budget=Budget(updates=30), threads=1, log=told.append)
    assert any("trained already" in line for line in told)
    assert any("going on" in line for line in told)
    expected = {row.name: (row.measures.quality, row.curve[-1].loss) for row in compared[0].rows}
    assert {row.name: (row.measures.quality, row.curve[-1].loss) for row in report.rows} == expected
    with pytest.raises(OutputError, match="another recipe or budget"):
        compare(subjects, tmp_path, budget=Budget(updates=31), threads=1)


def test_equal_runs_do_not_differ_and_a_planted_difference_is_significant(
    corpus: dict[str, Any], tmp_path: Path
) -> None:
    good = with_data(corpus)
    settings = {**good.training.model_dump(), "updates": 400, "validate_every": 200}
    settings["optimizer"]["learning_rate"] = 1e-2
    settings["schedule"]["warmup"] = 20
    learnt = recipe_from({**good.model_dump(), "training": settings})
    one, poor = train(learnt, tmp_path / "one"), train(good, tmp_path / "poor")
    subjects = {"one": one.folder, "same": one.folder, "poor": poor.folder}
    report = compare(subjects, tmp_path / "out", threads=1)
    by_name = {row.name: row for row in report.rows}
    assert report.rows[-1].name == "poor"
    assert by_name["poor"].against_best is not None
    assert by_name["poor"].against_best.p_value < 0.01
    same = report.rows[1].against_best
    assert same is not None
    assert same.difference == 0
    assert same.p_value == 1


def test_different_test_sets_are_refused(compared: tuple[ComparisonReport, Path], tmp_path: Path) -> None:
    other = train(recipe(), tmp_path / "other", train=frame("copy", 300))
    with pytest.raises(InputError, match="small and other have different test sets"):
        compare({"small": compared[1] / "runs" / "small", "other": other.folder}, tmp_path / "out")


def test_different_test_sets_are_found_before_anything_is_trained(corpus: dict[str, Any], tmp_path: Path) -> None:
    other = {**corpus, "test": corpus["validation"]}
    subjects = {"one": with_data(corpus), "two": with_data(other)}
    with pytest.raises(InputError, match="one and two have different test sets"):
        compare(subjects, tmp_path, budget=Budget(updates=5), threads=1)
    assert not list(tmp_path.rglob("checkpoints"))


def test_a_folder_of_another_run_is_found_before_anything_is_prepared(corpus: dict[str, Any], tmp_path: Path) -> None:
    taken = tmp_path / "runs" / "two"
    taken.mkdir(parents=True)
    (taken / "recipe.toml").write_text(dump_recipe(with_data(corpus)))
    subjects = {"one": with_data(corpus), "two": with_data(corpus)}
    with pytest.raises(OutputError, match="another recipe or budget"):
        compare(subjects, tmp_path, budget=Budget(updates=5), threads=1)
    assert not (tmp_path / "runs" / "one").exists()


@pytest.mark.parametrize(
    ("names", "budget", "message"),
    [
        (["a"], Budget(updates=5), "two or more"),
        (["a", "../b"], Budget(updates=5), "no name for a file"),
        (["a", "b"], None, "no budget says how long"),
    ],
)
def test_what_cannot_be_compared(
    names: list[str], budget: Budget | None, message: str, corpus: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        compare({name: with_data(corpus) for name in names}, tmp_path, budget=budget)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_no_finished_run(compared: tuple[ComparisonReport, Path], tmp_path: Path) -> None:
    small = compared[1] / "runs" / "small"
    with pytest.raises(InputError, match="no finished run"):
        compare({"a": small, "b": tmp_path}, tmp_path / "out")
    with pytest.raises(InputError, match="a model, not a run"):
        compare({"a": small, "b": small / "best"}, tmp_path / "out")
    with pytest.raises(InputError, match="all subjects are finished runs"):
        compare({"a": small, "b": small}, tmp_path / "out", budget=Budget(updates=3))


@pytest.mark.parametrize(
    ("values", "message"),
    [({}, "none was given"), ({"tokens": 5, "updates": 5}, "tokens and updates"), ({"minutes": 0.0}, "more than 0")],
)
def test_a_budget_is_one_of_three(values: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Budget(**values)


def test_a_budget_changes_the_recipe(corpus: dict[str, Any]) -> None:
    given = with_data(corpus)
    by_updates = Budget(updates=200).apply(given).training
    assert (by_updates.updates, by_updates.validate_every, by_updates.schedule.warmup) == (200, 20, 3)
    assert Budget(updates=3).apply(given).training.schedule.warmup == 0
    assert Budget(tokens=5000).apply(given).training.tokens == 5000
    assert Budget(minutes=2.5).apply(given).training.minutes == 2.5


def test_language_models_are_compared_by_bits_per_character(tmp_path: Path) -> None:
    values = recipe(validate_every=4).model_dump()
    values["model"] = {"encoder": {"kind": "none"}, "decoder": {"kind": "gru", "width": 16}}
    words = frame("copy", 200)[["source"]].rename(columns={"source": "text"})
    one = train(recipe_from(values), tmp_path / "gru", train=words)
    values["model"]["decoder"] = {"kind": "lstm", "width": 16}
    other = train(recipe_from(values), tmp_path / "lstm", train=words)
    report = compare({"gru": one.folder, "lstm": other.folder}, tmp_path / "out", threads=1)
    assert not report.higher_is_better
    found = [row.measures.quality for row in report.rows]
    assert found[0].metric == "bits per character"
    assert found[0].value <= found[1].value
    with pytest.raises(InputError, match="is a language model and"):
        translator = train(recipe(), tmp_path / "translator", train=frame("copy", 200))
        compare({"a": one.folder, "b": translator.folder}, tmp_path / "out")
