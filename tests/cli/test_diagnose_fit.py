"""``dragoman diagnose fit`` on real runs: what it prints, writes and refuses."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dragoman.training import trainer
from dragoman.training.run import train
from dragoman.training.step import training_step

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame, recipe

Command = Callable[..., tuple[int, str, str]]
UPDATES = 15


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wanted = recipe(updates=UPDATES, validate_every=3, checkpoint_every=UPDATES)
    return train(wanted, tmp_path_factory.mktemp("runs") / "toy", train=frame("copy", 200)).folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A copy of a real run, to write to."""
    return Path(shutil.copytree(trained, tmp_path / "toy"))


def change_history(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """Change each row, or leave it out."""
    path = folder / "history.jsonl"
    rows = map(change, map(json.loads, path.read_text().splitlines()))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows if row is not None))


def test_a_run_is_diagnosed_from_its_own_losses(run: Command, folder: Path) -> None:
    status, output, errors = run("diagnose", "fit", folder)
    assert (status, errors) == (0, "")
    assert output.startswith("toy: ")
    assert "E_0, input not looked at" in output
    assert output.endswith(f"\n\nPage: {folder / 'diagnosis' / 'fit.html'}\n")
    assert "<h1>Fit of toy</h1>" in (folder / "diagnosis" / "fit.html").read_text()
    assert json.loads((folder / "diagnosis" / "fit.json").read_text())["run"]["updates"] == UPDATES


def test_as_json_and_to_another_folder(run: Command, folder: Path, tmp_path: Path) -> None:
    status, output, _ = run("diagnose", "fit", folder, "--json", "--output", tmp_path / "elsewhere")
    assert status == 0
    assert json.loads(output) == json.loads((tmp_path / "elsewhere" / "fit.json").read_text())
    assert not (folder / "diagnosis").exists()


def test_experiments_are_told_of_apart_from_the_output(run: Command, folder: Path) -> None:
    status, output, errors = run("diagnose", "fit", folder, "--probe", 5, "--json")
    assert status == 0
    found = json.loads(output)
    assert found["probes"]
    assert len(errors.splitlines()) >= len(found["probes"])
    assert all(line.startswith("Trying ") for line in errors.splitlines())


def test_what_was_measured_before_an_interruption_is_reported(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0

    def interrupted(*arguments: Any, **named: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps > 2 * UPDATES + 5:
            raise KeyboardInterrupt
        return training_step(*arguments, **named)

    monkeypatch.setattr(trainer, "training_step", interrupted)
    status, output, errors = run("diagnose", "fit", folder, "--probe", 5)
    assert status == 130
    assert "Interrupted: what was under way does not count" in output
    assert len(errors.splitlines()) == 2
    found = json.loads((folder / "diagnosis" / "fit.json").read_text())
    assert found["interrupted"]
    assert [probe["action"] for probe in found["probes"]] == ["more steps"]
    assert "Interrupted" in (folder / "diagnosis" / "fit.html").read_text()


def test_a_run_of_before_the_training_loss_was_measured(run: Command, folder: Path) -> None:
    added = ("loss_error", "training_loss", "training_loss_error")
    change_history(folder, lambda row: {key: value for key, value in row.items() if key not in added})
    status, output, _ = run("diagnose", "fit", folder)
    assert status == 0
    words = " ".join(output.split())
    assert "generalisation gap / E_0 unknown" in words
    assert "training level / E_0 unknown" in words


def test_what_cannot_be_diagnosed(run: Command, folder: Path, tmp_path: Path) -> None:
    def refused(*arguments: object) -> str:
        status, output, errors = run("diagnose", "fit", *arguments)
        assert (status, output) == (1, "")
        return errors

    assert "no run is here: there is no recipe.toml" in refused(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    assert "not the one of its best model" in refused(folder / "best")
    for minutes in ("0", "-3", "nan", "inf"):
        assert f"--probe {minutes}: not a number of minutes above 0" in refused(folder, f"--probe={minutes}")
    assert "recipe.toml is no folder" in refused(folder, "--probe", 5, "--output", folder / "recipe.toml" / "below")
    change_history(folder, lambda row: row if row["event"] == "update" else None)
    assert "has not looked at its validation set yet" in refused(folder)
    (folder / "history.jsonl").unlink()
    assert "no history of a run is here" in refused(folder)


def test_a_dataset_that_was_altered(run: Command, folder: Path) -> None:
    damaged = folder / "dataset" / "train.arrow"
    damaged.write_bytes(damaged.read_bytes()[:-8] + b"........")
    status, _, errors = run("diagnose", "fit", folder)
    assert status == 1
    assert "train.arrow: the file does not match its checksum" in errors
    assert not (folder / "diagnosis").exists()
