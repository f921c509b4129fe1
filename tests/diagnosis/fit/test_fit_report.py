"""What a diagnosis says and advises, on planted runs, and from the folder of a real one."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from planted import Clock, PlantedRunner, evidence, falling, frame, recipe, toy_dataset, toy_recipe

from dragoman.data.dataset import Dataset
from dragoman.diagnosis.fit.actions import EARLY_STOPPING, LESS_DROPOUT, MORE_DATA, MORE_STEPS, WIDER
from dragoman.diagnosis.fit.criteria import FitKind, Thresholds
from dragoman.diagnosis.fit.diagnose import diagnose_fit, examine
from dragoman.diagnosis.fit.evidence import FitEvidence, StopReason, read_evidence
from dragoman.diagnosis.fit.experiment import Runner
from dragoman.diagnosis.fit.report import FitReport
from dragoman.errors import InputError
from dragoman.recipe import Recipe, recipe_from
from dragoman.reports.page import page
from dragoman.reports.text import loss_text, percent_text
from dragoman.training.run import Run, train

pytestmark = pytest.mark.draws

HIGH = evidence(falling(2.5), falling(2.4))
RISING = evidence(lambda s: 2 + 8 * (s - 0.4) ** 2, lambda s: 2 - 1.5 * s)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return toy_dataset(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("run") / "copy"
    wanted = recipe(updates=20, validate_every=2, checkpoint_every=20)
    return train(wanted, folder, train=frame("copy", 150), validation=frame("copy", 20, longest=6, seed=1))


def report(run: FitEvidence, dataset: Dataset, minutes: float | None = None, loss: Any = None) -> FitReport:
    runner: Runner = PlantedRunner(loss or (lambda recipe, examples: 2.5), Clock())
    return examine("planted", toy_recipe(), dataset, run, minutes, runner, Thresholds())


def test_measured_gains_are_advised_by_gain_per_cost(dataset: Dataset) -> None:
    def loss(recipe: Recipe, examples: int) -> float:
        wide, dropped = getattr(recipe.model.decoder, "width", 32) > 32, recipe.model.encoder.dropout == 0  # type: ignore[union-attr]
        return 2.0 if wide else 2.1 if dropped else 2.5

    found = report(HIGH, dataset, 60.0, loss)
    assert found.verdict.kind is FitKind.UNDERFITTING
    assert [advice.action for advice in found.advice[:2]] == [LESS_DROPOUT, WIDER]
    assert found.advice[0].gain == pytest.approx(0.4, abs=0.01)
    assert found.advice[0].source == "measured"
    assert "--set model.encoder.dropout=0.0" in found.advice[0].sentence


def test_what_helps_a_much_shorter_run_is_shown_but_not_advised(dataset: Dataset) -> None:
    found = report(HIGH, dataset, 3.0, lambda recipe, examples: 1.0 if recipe.model.encoder.dropout == 0 else 2.5)  # type: ignore[union-attr]
    assert LESS_DROPOUT in found.tried()["tried"]
    assert found.verdict.kind is FitKind.UNDECIDED
    assert all(advice.gain is None for advice in found.advice)


def test_without_experiments_gains_are_unknown_and_said_to_be(dataset: Dataset) -> None:
    found = report(HIGH, dataset)
    assert found.advice[0].action == LESS_DROPOUT
    assert all("unknown without --probe" in advice.sentence for advice in found.advice)
    assert "--probe" in found.as_text()


def test_a_forecast_is_the_gain_of_more_steps(dataset: Dataset) -> None:
    found = report(evidence(lambda s: 5 - 2 * s, lambda s: 4.9 - 2 * s), dataset)
    assert found.advice[0].action == MORE_STEPS
    assert found.advice[0].gain == pytest.approx(0.5, rel=0.2)


def test_parts_of_the_data_forecast_what_more_of_it_would_bring(dataset: Dataset) -> None:
    found = report(RISING, dataset, 60.0, lambda recipe, examples: 1 + (examples / RISING.facts.examples) ** -0.4)
    assert found.curve is not None
    advice = {advice.action: advice for advice in found.advice}[MORE_DATA]
    assert advice.gain == pytest.approx(1 - 2**-0.4, rel=0.4)
    assert found.verdict.kind is FitKind.OVERFITTING


def test_hindsight_names_the_update_to_stop_at(dataset: Dataset) -> None:
    found = report(RISING, dataset)
    assert "update 400" in found.hindsight[EARLY_STOPPING]
    assert "60.0 %" in found.hindsight[EARLY_STOPPING]
    assert set(found.hindsight) == {EARLY_STOPPING, "dropout", "weight decay"}
    assert found.hindsight["dropout"].startswith("The rate is 0.1. ")
    rising = replace(RISING, facts=replace(RISING.facts, dropout_start=0.5))
    assert report(rising, dataset).hindsight["dropout"].startswith("The rate is 0.1, and was 0.05 at first. ")


@pytest.mark.parametrize("run", [HIGH, RISING, evidence([math.nan] * 5), evidence(falling(2.0), error=None)])
def test_every_report_can_be_read_drawn_and_written(run: FitEvidence, dataset: Dataset) -> None:
    for minutes in (None, 60.0):
        found = report(run, dataset, minutes)
        assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["verdict"] == found.verdict.kind.value
        assert found.verdict.kind.value in found.as_text()
        html = page(found.name, found.sections())
        assert "data:image/png" in html or not run.finite


def test_a_run_is_read_from_its_folder(run: Run) -> None:
    wanted = run.recipe()
    found = read_evidence(run.folder, wanted, Dataset.open(run.folder / "dataset"))
    assert found.done == found.planned == 20
    assert found.ending is StopReason.PLANNED
    assert [look.update for look in found.looks] == list(range(2, 21, 2))
    assert all(look.training is not None and look.validation_error is not None for look in found.looks)
    assert found.facts.dropout == 0.1
    assert found.facts.label_smoothing == 0.1
    assert 2 < found.baseline < 4


def test_diagnosing_a_real_run_with_real_experiments_leaves_it_as_it_was(run: Run) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in run.folder.rglob("*"))
    found = diagnose_fit(run.folder, 0.05)
    assert found.verdict.because
    assert found.probes.results or found.probes.remarks
    assert found.name == "copy"
    assert sorted((path, path.stat().st_mtime_ns) for path in run.folder.rglob("*")) == before


def test_runs_of_before_training_losses_were_measured_say_so(run: Run, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (run.folder / "history.jsonl").read_text().splitlines()]
    kept = [{key: value for key, value in row.items() if not key.startswith("training_loss")} for row in rows]
    (tmp_path / "history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept))
    for name in ("recipe.toml", "dataset"):
        (tmp_path / name).symlink_to(run.folder / name)
    found = diagnose_fit(tmp_path)
    assert found.verdict.numbers is not None
    assert found.verdict.numbers.gap is None
    assert "unknown" in found.as_text()


def test_what_is_no_run_or_has_not_looked_yet_is_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run is here"):
        diagnose_fit(tmp_path)
    for name in ("recipe.toml", "dataset"):
        (tmp_path / name).symlink_to(run.folder / name)
    (tmp_path / "history.jsonl").write_text("")
    with pytest.raises(InputError, match="has not looked"):
        diagnose_fit(tmp_path)


def row_recipe(decoder: dict[str, Any]) -> Recipe:
    training = {
        "updates": 30,
        "batch": {"tokens": 16},
        "schedule": {"warmup": 3},
        "validate_every": 5,
        "checkpoint_every": 30,
        "precision": "float32",
        "threads": 1,
    }
    return recipe_from(
        {
            "data": {"validation_pairs": 30, "test_pairs": 20},
            "model": {"encoder": {"kind": "mlp", "hidden": [6]}, "decoder": decoder},
            "training": training,
        }
    )


@pytest.mark.parametrize("kind", ["label", "number"])
def test_labels_and_numbers_are_diagnosed_in_their_own_units(kind: str, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(160, 3)), columns=["a", "b", "c"])
    total = table.sum(axis=1) + 0.1 * random.normal(size=160)
    table["target"] = np.where(total > 0, "high", "low") if kind == "label" else total
    train(row_recipe({"kind": kind}), tmp_path / kind, train=table)
    found = diagnose_fit(tmp_path / kind, 0.01)
    assert found.evidence.facts.unit == {"label": "nats per label", "number": "loss per example"}[kind]
    assert found.verdict.numbers is not None
    assert found.verdict.numbers.gap is not None


def test_a_language_model_is_diagnosed(tmp_path: Path) -> None:
    values = recipe(updates=20, validate_every=4).model_dump(mode="json", exclude_none=True)
    values["model"] = {"encoder": {"kind": "none"}, "decoder": {"kind": "gru", "width": 16}}
    values["training"]["batch"] = {"tokens": 200, "partition": "sequential", "window": 16}
    lines = frame("copy", 200)[["target"]].rename(columns={"target": "text"})
    train(recipe_from(values), tmp_path / "lm", train=lines)
    found = diagnose_fit(tmp_path / "lm", 0.01)
    assert found.verdict.numbers is not None
    assert found.verdict.numbers.gap is not None


def test_numbers_are_written_with_the_digits_that_they_need() -> None:
    assert loss_text(2.19312, 0.043) == "2.193 ± 0.043"
    assert loss_text(-0.03635, 0.00424) == "−0.0364 ± 0.0042"
    assert loss_text(0.0) == loss_text(-0.0) == "0.000"
    assert loss_text(math.nan) == "not finite"
    assert percent_text(-0.0123) == "−1.2 %"
