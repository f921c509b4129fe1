"""Training that starts from a model."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import dragoman
from dragoman.errors import DamagedFileError, InputError
from dragoman.recipe import Recipe, recipe_from
from dragoman.storage.manifest import digest
from dragoman.training import run as training_run
from dragoman.training.observer import Observer
from dragoman.training.run import resume, train

sys.path.insert(0, str(Path(__file__).parent))
from toy import frame, recipe


class Told(Observer):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def on_prepare(self, message: str) -> None:
        self.messages.append(message)


def short(**training: Any) -> Recipe:
    return recipe(**{"updates": 4, "schedule": {"kind": "constant", "warmup": 1}, **training})


@pytest.fixture
def not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs end without the evaluation of their best model, which takes most of the time of one so short."""
    monkeypatch.setattr(training_run, "_finish", lambda *given: None)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "parent"
    train(short(), folder, train=frame("copy", 120))
    return folder


def state(folder: Path) -> dict[str, torch.Tensor]:
    newest = sorted((folder / "checkpoints").glob("update-*"))[-1]
    return load_file(newest / "state.safetensors")


def test_the_first_weights_are_the_parents(parent: Path, tmp_path: Path, not_evaluated: None) -> None:
    told = Told()
    still = short(updates=2, optimizer={"learning_rate": 1e-30})
    run = train(still, tmp_path / "run", train=frame("reversal", 120, seed=1), start_from=parent, observers=[told])
    before, after = (load_file(folder / "best" / "weights.safetensors") for folder in (parent, run.folder))
    assert before.keys() == after.keys()
    assert all(before[name].equal(after[name]) for name in before)
    assert any(message.startswith("taken over from parent: 31,136 of 31,136") for message in told.messages)


def test_the_model_names_its_parent(parent: Path, tmp_path: Path) -> None:
    run = train(short(), tmp_path / "run", train=frame("reversal", 120), start_from=parent / "best")
    checksum = digest(parent / "best" / "SHA256SUMS")
    written = json.loads((run.best / "model.json").read_text())
    assert written["parent"] == {"name": "parent", "sha256": checksum}
    assert "## Parent" in (card := (run.best / "card.md").read_text())
    assert checksum in card
    assert str(tmp_path) not in json.dumps(written)
    assert dragoman.load(run.best).translate(["a b"]) == dragoman.load(run.best).translate(["a b"])


def test_a_run_that_never_began_goes_on_without_its_parent(parent: Path, tmp_path: Path, not_evaluated: None) -> None:
    moved = Path(shutil.copytree(parent, tmp_path / "parent"))
    train(short(), tmp_path / "whole", train=frame("reversal", 120), start_from=moved)
    part = shutil.copytree(tmp_path / "whole", tmp_path / "part")
    for name in ("checkpoints", "best"):
        shutil.rmtree(tmp_path / "part" / name)
    (tmp_path / "part" / "history.jsonl").unlink()
    shutil.rmtree(moved)
    resume(part)
    one, other = state(tmp_path / "whole"), state(tmp_path / "part")
    assert one.keys() == other.keys()
    assert all(one[name].equal(other[name]) for name in one)


def test_a_parent_of_another_task_is_refused_before_data_is_read(parent: Path, tmp_path: Path) -> None:
    labels = recipe_from({"model": {"decoder": {"kind": "label"}}})
    with pytest.raises(InputError, match="this model is a translator, and the recipe is for a model that reads text"):
        train(labels, tmp_path / "run", train=frame("copy", 20), start_from=parent)
    assert not (tmp_path / "run").exists()


def test_a_parent_that_is_none_is_refused(parent: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model here"):
        train(short(), tmp_path / "run", train=frame("copy", 20), start_from=tmp_path)
    damaged = Path(shutil.copytree(parent / "best", tmp_path / "damaged"))
    (damaged / "tokenizer.json").write_text("{}")
    with pytest.raises(DamagedFileError, match="checksum"):
        train(short(), tmp_path / "run", train=frame("copy", 20), start_from=damaged)
    assert not (tmp_path / "run").exists()
