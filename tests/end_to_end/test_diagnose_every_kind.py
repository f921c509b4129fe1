"""Every cell of the grid is diagnosed, from a run of a few updates."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_presets import corpus, narrow
from typer.testing import CliRunner

from dragoman.cli.main import app
from dragoman.diagnosis.fit.criteria import FitKind
from dragoman.diagnosis.stability.finding import StabilityVerdict
from dragoman.recipe import Recipe, preset_values, recipe_from
from dragoman.recipe.file import merge
from dragoman.training.run import train

pytestmark = pytest.mark.draws

CELLS: dict[str, tuple[str, dict[str, Any]]] = {
    "translator": ("tiny", {}),
    "recurrent translator": ("recurrent", {}),
    "lines": ("language-model", {"partition": "lines"}),
    "running text": ("language-model", {"partition": "sequential", "window": 8}),
    "text-label": ("text-label", {}),
    "text-number": ("text-number", {}),
    "row-label": ("row-label", {}),
    "row-number": ("row-number", {}),
    "picture-label": ("picture-label", {}),
    "reader": ("reader", {}),
}
"""Preset, and how its batches are cut."""
UNITS = {"text": "nats per target token", "label": "nats per label", "number": "loss per example"}


def small(preset: str, batch: dict[str, Any]) -> Recipe:
    """Ten updates of the preset's kind of model at toy size, with five looks at the losses."""
    values = preset_values(preset)
    model = {side: narrow(values.get("model", {}).get(side, {})) for side in ("encoder", "decoder")}
    changes = {
        "data": {"validation_pairs": 20, "test_pairs": 5},
        "tokenizer": {"vocabulary_size": 310},
        "cleaning": {"copies": False, "repetition": False, "language": False},
        "model": {**values.get("model", {}), **model},
        "training": {
            "updates": 10,
            "validate_every": 2,
            "checkpoint_every": 10,
            "batch": {"tokens": 200, **batch},
            "schedule": {"warmup": 1},
            "precision": "float32",
            "device": "cpu",
            "threads": 1,
            "stability": {"look_every": 5},
        },
        "search": {"beam": 1},
    }
    return recipe_from(merge(values, changes))


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a cell's run, which is made when it is first asked for."""

    @functools.cache
    def folder(name: str) -> Path:
        recipe = small(*CELLS[name])
        path = tmp_path_factory.mktemp("runs") / "run"
        return train(recipe, path, train=corpus(recipe.model.input_kind, recipe.model.output_kind)).folder

    return folder


def diagnosed(*arguments: object) -> dict[str, Any]:
    """What a command prints as JSON."""
    result = CliRunner().invoke(app, ["diagnose", *map(str, arguments), "--json"])
    assert result.exception is None, result.output
    return dict(json.loads(result.stdout))


@pytest.mark.parametrize("name", CELLS)
def test_fit(name: str, run_of: Callable[[str], Path]) -> None:
    found = diagnosed("fit", run_of(name))
    assert found["verdict"] in {kind.value for kind in FitKind}
    assert found["run"]["unit"] == UNITS[small(*CELLS[name]).model.output_kind]
    assert [look["update"] for look in found["looks"]] == [2, 4, 6, 8, 10]
    numbers = found["numbers"]
    assert all(numbers[key] is not None for key in ("baseline", "validation", "training", "gap", "level", "forecast"))
    assert (run_of(name) / "diagnosis" / "fit.html").read_text().count("data:image/png") == 1


@pytest.mark.parametrize("name", CELLS)
def test_stability(name: str, run_of: Callable[[str], Path]) -> None:
    found = diagnosed("stability", run_of(name))
    assert found["verdict"] in list(StabilityVerdict)
    assert (found["updates"], found["skipped"], found["rewinds"]) == (10, [], [])
    assert "data:image/png" in (run_of(name) / "diagnosis" / "stability.html").read_text()


@pytest.mark.parametrize("name", ["reader", "row-label"])
def test_experiments(name: str, run_of: Callable[[str], Path]) -> None:
    found = diagnosed("fit", run_of(name), "--probe", 5)
    assert len(found["probes"]) >= 3
    assert not found["interrupted"]
    assert all(probe["updates"] in (10, 20) for probe in found["probes"])


def test_capacity(run_of: Callable[[str], Path]) -> None:
    folder = run_of("row-number")
    cells = diagnosed("capacity", folder, "--minutes", 5)["cells"]
    assert len({cell["width"] for cell in cells}) > 1
    assert len({cell["examples"] for cell in cells}) == 4
    assert (folder / "diagnosis" / "capacity.html").read_text().count("data:image/png") == 2
