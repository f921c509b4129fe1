"""Training that starts from a model."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from dragoman.errors import DamagedFileError, InputError
from dragoman.model.folder import Parent, load_model
from dragoman.recipe import Recipe, changed, recipe_from
from dragoman.storage.manifest import digest
from dragoman.training import run as training_run
from dragoman.training.distributed import Processes
from dragoman.training.history import read_history
from dragoman.training.observer import Observer, UpdateRecord
from dragoman.training.precision import choose_hardware
from dragoman.training.run import resume, train
from dragoman.training.run_folder import RunFolder
from dragoman.training.setup import set_up
from dragoman.training.start import Start

sys.path.insert(0, str(Path(__file__).parent))
from toy import frame, recipe


class Told(Observer):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def on_prepare(self, message: str) -> None:
        self.messages.append(message)


class StopAfter(Observer):
    """Sends this process a signal after an update, as Ctrl-C would."""

    def __init__(self, update: int) -> None:
        self.update = update

    def on_update(self, record: UpdateRecord) -> None:
        if record.update == self.update:
            os.kill(os.getpid(), signal.SIGINT)


NEW = frame("reversal", 120, seed=1).map(lambda text: f"{text} ж {{name}}")
"""Pairs with a character and a placeholder that the parent has no symbol for."""


def short(**training: Any) -> Recipe:
    return recipe(**{"updates": 4, "schedule": {"kind": "constant", "warmup": 1}, **training})


@pytest.fixture
def not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs end without the evaluation of their best model, which takes most of the time of one so short."""
    monkeypatch.setattr(training_run, "_finish", lambda *given: None)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "parent"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_run, "_finish", lambda *given: None)
        train(short(), folder, train=frame("copy", 120))
    return folder


def state(folder: Path) -> dict[str, torch.Tensor]:
    newest = sorted((folder / "checkpoints").glob("update-*"))[-1]
    return load_file(newest / "state.safetensors")


def test_the_first_weights_are_the_parents(parent: Path, tmp_path: Path, not_evaluated: None) -> None:
    """Before the first update they are measured, so that they stay the best where training makes them worse."""
    told = Told()
    harmful = short(updates=2, optimizer={"learning_rate": 10.0, "clip_norm": 0.0}, average=0.0)
    run = train(harmful, tmp_path / "run", train=frame("copy", 120), start_from=parent, observers=[told])
    before, after = (load_file(folder / "best" / "weights.safetensors") for folder in (parent, run.folder))
    assert before.keys() == after.keys()
    assert all(before[name].equal(after[name]) for name in before)
    assert any(message.startswith("taken over from parent: 31,136 of 31,136") for message in told.messages)
    looks = run.history().query("event == 'validation'")
    assert looks["update"].tolist() == [0, 2]
    assert looks["best"].tolist() == [True, False]


@pytest.fixture(scope="module")
def whole(parent: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that starts from the parent on pairs with symbols of their own, and is not interrupted."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(short(), folder, train=NEW, start_from=parent)
    return folder


def test_the_model_names_its_parent(parent: Path, whole: Path) -> None:
    checksum = digest(parent / "best" / "SHA256SUMS")
    written = json.loads((whole / "best" / "model.json").read_text())
    assert written["parent"] == {"name": "parent", "sha256": checksum}
    assert load_model(whole / "best").parent == Parent("parent", checksum)
    card = (whole / "best" / "card.md").read_text()
    assert "## Parent" in card
    assert checksum in card
    assert "New symbols: variable 1, 'ж'; each begins with the mean of those like it" in card


def test_a_run_goes_on_to_the_same_bits_whatever_has_become_of_its_parent(
    parent: Path, whole: Path, tmp_path: Path, not_evaluated: None
) -> None:
    moved = Path(shutil.copytree(parent, tmp_path / "parent"))
    part = train(short(), tmp_path / "part", train=NEW, start_from=moved, observers=[StopAfter(2)])
    shutil.rmtree(moved)
    assert part.interrupted
    never_began = Path(shutil.copytree(part.folder, tmp_path / "never began"))
    for name in ("checkpoints", "best"):
        shutil.rmtree(never_began / name)
    for folder in (part.folder, never_began):
        resume(folder)
        assert state(folder).keys() == state(whole).keys()
        assert all(state(folder)[name].equal(kept) for name, kept in state(whole).items())
        columns = ["event", "update", "loss", "bleu"]
        pd.testing.assert_frame_equal(read_history(folder)[columns], read_history(whole)[columns])


def test_every_process_begins_with_the_same_weights(whole: Path) -> None:
    run = RunFolder(whole)
    settings, dataset = run.opened()
    hardware = choose_hardware("cpu", "float32", 1)
    several = [set_up(settings, dataset, hardware, Processes(index, 2), start=Start.of_run(run)) for index in (0, 1)]
    one, other = (setup.state.parameters.master for setup in several)
    assert one.equal(other)
    assert one.equal(several[0].state.average.average)


def test_what_differs_is_said(parent: Path) -> None:
    start = Start.open(parent)
    same = start.loaded.recipe
    assert start.check(same) == ()
    other = changed(
        same,
        {
            "data": {"target_language": "fr"},
            "tokenizer": {"vocabulary_size": 320},
            "model": {"encoder": {"heads": 4}},
        },
    )
    languages, vocabulary, heads = start.check(other)
    assert "en → de" in languages
    assert "en → fr" in languages
    assert "tokenizer.vocabulary_size = 320, and was 310" in vocabulary
    assert "model.encoder.heads = 4" in heads


def test_a_parent_none_of_whose_weights_fit_is_refused_before_data_is_read(parent: Path, tmp_path: Path) -> None:
    sizes = {"width": 24, "feed_forward": 32}
    wider = changed(short(), {"model": {"encoder": sizes, "decoder": sizes}})
    with pytest.raises(InputError, match="nothing of this model fits"):
        train(wider, tmp_path / "run", train=frame("copy", 20), start_from=parent)
    assert not (tmp_path / "run").exists()


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
