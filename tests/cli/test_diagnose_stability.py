from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dragoman.cli.settings import parse_settings
from dragoman.recipe import changed
from dragoman.training.run import train

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame, recipe

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(recipe(updates=25), tmp_path_factory.mktemp("runs") / "toy", train=frame("copy", 300)).folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A copy of a real run, to write to."""
    return Path(shutil.copytree(trained, tmp_path / "toy"))


def test_a_real_run_is_diagnosed(run: Command, folder: Path) -> None:
    status, output, errors = run("diagnose", "stability", folder)
    assert (status, errors) == (0, "")
    assert output.startswith("Stability of toy: stable;")
    assert f"Page: {folder / 'diagnosis' / 'stability.html'}" in output
    assert "data:image/png;base64," in (folder / "diagnosis" / "stability.html").read_text()
    assert json.loads((folder / "diagnosis" / "stability.json").read_text())["updates"] == 25


def test_as_json_and_to_another_folder(run: Command, folder: Path, tmp_path: Path) -> None:
    status, output, _ = run("diagnose", "stability", folder, "--json", "--output", tmp_path / "elsewhere")
    assert status == 0
    assert json.loads(output) == json.loads((tmp_path / "elsewhere" / "stability.json").read_text())
    assert not (folder / "diagnosis").exists()


def test_an_unstable_run_is_no_error(run: Command, folder: Path) -> None:
    rows = [
        {"event": "skip", "update": update, "stage": "loss", "module": None, "lines": "a:1"} for update in (26, 27, 28)
    ]
    with (folder / "history.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    status, output, _ = run("diagnose", "stability", folder)
    assert status == 0
    assert output.startswith("Stability of toy: unstable;")


def test_both_diagnoses_give_one_advice_on_the_rate_of_a_run_that_is_not_calm(run: Command, tmp_path: Path) -> None:
    steep = recipe(updates=20, optimizer={"learning_rate": 0.5}, stability={"look_every": 5}, average=0.0)
    folder = train(steep, tmp_path / "steep", train=frame("copy", 100)).folder
    said = []
    for diagnosis in ("stability", "fit"):
        status, output, errors = run("diagnose", diagnosis, folder)
        assert (status, errors) == (0, "")
        said += re.findall(r"Learning rate: .*?\.(?=\s|$)", " ".join(output.split()))
        assert "Raise the learning rate" not in output
    assert len(said) == 2
    assert said[0] == said[1]
    assert "lower it" in said[0]
    advised = re.search(r"--set (\S+)", said[0])
    assert advised is not None
    lower = changed(steep, parse_settings([advised[1]])).training.optimizer.learning_rate
    assert 0 < lower < 0.5


def test_what_cannot_be_diagnosed(run: Command, folder: Path, tmp_path: Path) -> None:
    status, _, errors = run("diagnose", "stability", folder / "best" / "nothing")
    assert status == 1
    assert "no run is here" in errors
    status, _, errors = run("diagnose", "stability", folder, "--output", folder / "recipe.toml" / "below")
    assert status == 1
    assert "recipe.toml" in errors
    history = folder / "history.jsonl"
    history.write_text("nonsense\n" + history.read_text())
    status, _, errors = run("diagnose", "stability", folder)
    assert status == 1
    assert f"{history}:1" in errors


def test_the_best_model_is_no_run(run: Command, folder: Path) -> None:
    status, _, errors = run("diagnose", "stability", folder / "best")
    assert status == 1
    assert "not the one of its best model" in errors or "no history of a run is here" in errors
