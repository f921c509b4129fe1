"""``dragoman diagnose capacity`` of a run and of a recipe: what it prints, writes and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dragoman.diagnosis.capacity import measure
from dragoman.recipe import dump_recipe, recipe_from
from dragoman.training import trainer
from dragoman.training.run import train
from dragoman.training.step import training_step

Command = Callable[..., tuple[int, str, str]]
UPDATES = 20
RECIPE = recipe_from(
    {
        "data": {"validation_pairs": 20, "test_pairs": 10},
        "model": {"encoder": {"kind": "mlp", "hidden": [8]}, "decoder": {"kind": "number"}},
        "training": {
            "updates": UPDATES,
            "batch": {"tokens": 16},
            "schedule": {"warmup": 2},
            "validate_every": 10,
            "checkpoint_every": UPDATES,
            "precision": "float32",
            "device": "cpu",
            "threads": 1,
        },
    }
)


def table() -> pd.DataFrame:
    random = np.random.default_rng(0)
    found = pd.DataFrame(random.normal(size=(150, 3)), columns=["a", "b", "c"])
    return found.assign(target=found.sum(axis=1) + 0.1 * random.normal(size=150))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(RECIPE, tmp_path_factory.mktemp("runs") / "toy", train=table()).folder


def test_of_a_run(run: Command, folder: Path, tmp_path: Path) -> None:
    status, output, errors = run("diagnose", "capacity", folder, "--minutes", 5, "--output", tmp_path / "report")
    assert status == 0
    assert "lowest validation loss" in output
    assert output.endswith(f"\n\nPage: {tmp_path / 'report' / 'capacity.html'}\n")
    assert "<h1>Complexity against data: toy</h1>" in (tmp_path / "report" / "capacity.html").read_text()
    cells = json.loads((tmp_path / "report" / "capacity.json").read_text())["cells"]
    assert len(cells) == len(measure.WIDTHS) * len(measure.FRACTIONS)
    assert len(errors.splitlines()) == len(cells) + 1


def test_of_a_recipe_with_data(run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "WIDTHS", (0.5, 1.0))
    (tmp_path / "mine.toml").write_text(dump_recipe(RECIPE))
    table().to_csv(tmp_path / "table.csv", index=False)
    options = ("--corpus", "table.csv", "--columns", "target", "--set", "training.updates=10")
    status, output, _ = run("diagnose", "capacity", "mine.toml", "--minutes", 5, *options, "--json")
    assert status == 0
    found = json.loads(output)
    assert found["planned"] == 10
    assert len(found["cells"]) == 2 * len(measure.FRACTIONS)
    assert sorted(path.name for path in (tmp_path / "diagnosis").iterdir()) == ["capacity.html", "capacity.json"]


@pytest.mark.parametrize(("steps", "reported"), [(2.5 * UPDATES, True), (0.5 * UPDATES, False)])
def test_an_interruption(
    steps: float, reported: bool, run: Command, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = 0

    def interrupted(*arguments: Any, **named: Any) -> Any:
        nonlocal done
        done += 1
        if done > steps:
            raise KeyboardInterrupt
        return training_step(*arguments, **named)

    monkeypatch.setattr(trainer, "training_step", interrupted)
    status, output, _ = run("diagnose", "capacity", folder, "--minutes", 5, "--output", tmp_path / "report")
    assert status == 130
    assert ("interrupted" in output) == reported
    assert (tmp_path / "report" / "capacity.json").exists() == reported


def test_what_cannot_be_measured(run: Command, folder: Path, tmp_path: Path) -> None:
    def refused(*arguments: object) -> str:
        status, output, errors = run("diagnose", "capacity", *arguments)
        assert (status, output) == (1, "")
        return errors

    minutes = ("--minutes", 1)
    assert "no such run, recipe file or preset: runs/nothing" in refused("runs/nothing", *minutes)
    assert "no run is here: there is no recipe.toml" in refused(tmp_path, *minutes)
    assert "no run is here: there is no dataset" in refused(folder / "best", *minutes)
    assert "a run has its own data" in refused(folder, *minutes, "--set", "training.seed=2")
    assert "--format, --decimal cannot be given" in refused(folder, *minutes, "--format", "table", "--decimal", ",")
    assert "no training data" in refused("row-number", *minutes)
    assert "--minutes 0: not a number of minutes above 0" in refused(folder, "--minutes", 0)
    assert "no model could be trained in 1e-05 minutes" in refused(folder, "--minutes", 1e-5)
    (tmp_path / "file").write_text("")
    assert "file is no folder" in refused(folder, *minutes, "--output", tmp_path / "file")
    assert not (tmp_path / "diagnosis").exists()
