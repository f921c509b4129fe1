"""Whole runs at toy size: what lies on disk, resuming, signals, bad input."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

import dragoman
from dragoman.data.dataset import Dataset
from dragoman.errors import DamagedFileError, InputError, OutputError, TrainingError
from dragoman.training.interrupt import Interrupt
from dragoman.training.observer import Observer, UpdateRecord, ValidationRecord
from dragoman.training.run import Run, resume, train

sys.path.insert(0, str(Path(__file__).parent))
from toy import StopAfter, frame, recipe

pytestmark = pytest.mark.draws


class Listener(Observer):
    def __init__(self) -> None:
        self.updates: list[UpdateRecord] = []
        self.validations: list[ValidationRecord] = []

    def on_update(self, record: UpdateRecord) -> None:
        self.updates.append(record)

    def on_validation(self, record: ValidationRecord) -> None:
        self.validations.append(record)


def run(folder: Path, *observers: Observer, **training: Any) -> Run:
    return train(recipe(**training), folder, train=frame("copy", 300), observers=observers)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    newest = sorted((folder / "checkpoints").glob("update-*"))[-1]
    return load_file(newest / "state.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(one[name].equal(other[name]) for name in one)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "finished"
    run(folder)
    return folder


def test_what_a_run_leaves(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} == {
        "recipe.toml",
        "dataset",
        "history.jsonl",
        "stability.jsonl",
        "checkpoints",
        "best",
        "learning_curves.png",
        "evaluation.json",
    }
    assert len(list((finished / "checkpoints").iterdir())) == 2
    best = {path.name for path in (finished / "best").iterdir()}
    written = {"card.md", "model.json", "placeholders.json", "recipe.toml", "tokenizer.json", "weights.safetensors"}
    assert best == {"SHA256SUMS", "engine.json", "reference.arrow", *written}
    report = json.loads((finished / "evaluation.json").read_text())
    assert report["sentences"] == 20 or report["sentences"] > 15
    assert "20" in (finished / "best" / "card.md").read_text()
    history = pd.read_json(finished / "history.jsonl", lines=True)
    assert (history["event"] == "update").sum() == 12
    assert history[history["event"] == "validation"]["update"].tolist() == [5, 10, 12]
    assert (finished / "learning_curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_model_loads_and_translates(finished: Path) -> None:
    model = dragoman.load(finished / "best", device="cpu")
    outputs = model.translate(["a b c", "", "d"])
    assert len(outputs) == 3
    assert outputs[1] == ""
    assert isinstance(model.translate("a b"), str)


def test_same_recipe_same_bits(tmp_path: Path, finished: Path) -> None:
    run(tmp_path / "again")
    assert same(weights(tmp_path / "again"), weights(finished))


def test_another_seed_another_model(tmp_path: Path, finished: Path) -> None:
    run(tmp_path / "other", seed=2)
    assert not same(weights(tmp_path / "other"), weights(finished))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("stop", [1, 4, 5, 7])
def test_resumed_equals_uninterrupted(tmp_path: Path, stop: int, precision: str) -> None:
    """At a checkpoint, at a validation, and elsewhere; dropout makes the random state matter."""
    settings = {"precision": precision, "batch": {"tokens": 150, "pool": 3, "accumulation": 2}}
    whole = run(tmp_path / "whole", **settings)
    part = run(tmp_path / "part", StopAfter(stop), **settings)
    assert part.interrupted
    assert part.report is None
    assert "SIGINT" in part.reason
    assert len(part.history().query("event == 'update'")) == stop
    resumed = resume(tmp_path / "part")
    assert not resumed.interrupted
    assert same(weights(tmp_path / "part"), weights(tmp_path / "whole"))
    best = [load_file(folder / "best" / "weights.safetensors") for folder in (whole.folder, resumed.folder)]
    assert same(*best)
    columns = ["event", "update", "epoch", "loss", "learning_rate", "gradient_norm", "target_tokens", "bleu"]
    pd.testing.assert_frame_equal(whole.history()[columns], resumed.history()[columns])
    assert resumed.report == whole.report


TOKENIZERS = {
    "BPE-dropout": {"dropout": 0.3},
    "unigram sampling": {"kind": "unigram", "sampling": 0.3},
    "words": {"kind": "words"},
    "characters, truecased": {"kind": "characters", "truecase": True},
}


@pytest.mark.parametrize("name", TOKENIZERS)
def test_every_tokenizer_trains_and_resumes_to_the_same_bits(tmp_path: Path, name: str) -> None:
    data = frame("copy", 80).map(lambda text: f"{text[:1].upper()}{text[1:]}.")
    for folder, observers in (("whole", []), ("stopped", [StopAfter(5)])):
        train(recipe(TOKENIZERS[name], updates=8), tmp_path / folder, train=data, observers=observers)
    resume(tmp_path / "stopped")
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "stopped"))
    one, other = (dragoman.load(tmp_path / folder / "best", device="cpu") for folder in ("whole", "stopped"))
    texts = data["source"].tolist()[:5]
    assert one.translate(texts) == other.translate(texts)
    dataset = Dataset.open(tmp_path / "whole" / "dataset")
    assert dataset.source.tokenizer.kind == TOKENIZERS[name].get("kind", "bpe")
    assert (dataset.source.truecaser is not None) is ("truecased" in name)


def test_segmentations_change_what_is_learnt(tmp_path: Path, finished: Path) -> None:
    train(recipe({"dropout": 0.3}), tmp_path / "run", train=frame("copy", 300))
    assert not same(weights(tmp_path / "run"), weights(finished))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_that_end_a_process_save_too(tmp_path: Path, number: signal.Signals) -> None:
    part = run(tmp_path / "part", StopAfter(3, number))
    assert part.interrupted
    assert number.name in part.reason
    kept = sorted(path.name for path in (tmp_path / "part" / "checkpoints").iterdir())
    assert kept == ["update-00000000", "update-00000003"]


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupt() as interrupt:
            os.kill(os.getpid(), signal.SIGHUP)
        assert interrupt.received is None
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_killed_process_resumes_to_the_same_bits(tmp_path: Path, finished: Path) -> None:
    script = (
        "import sys, os; sys.path.insert(0, sys.argv[2])\n"
        "from toy import StopAfter, frame, recipe\n"
        "from dragoman.training.run import train\n"
        "from dragoman.training.observer import Observer\n"
        "class Kill(Observer):\n"
        "    def on_update(self, record):\n"
        "        if record.update == 7: os.kill(os.getpid(), 9)\n"
        "train(recipe(), sys.argv[1], train=frame('copy', 300), observers=[Kill()])\n"
    )
    process = subprocess.run([sys.executable, "-c", script, str(tmp_path / "run"), str(Path(__file__).parent)])
    assert process.returncode == -signal.SIGKILL
    resume(tmp_path / "run")
    assert same(weights(tmp_path / "run"), weights(finished))


def test_resuming_a_finished_run_changes_nothing(tmp_path: Path, finished: Path) -> None:
    shutil.copytree(finished, tmp_path / "copy")
    before = weights(tmp_path / "copy")
    again = resume(tmp_path / "copy")
    assert same(weights(tmp_path / "copy"), before)
    assert "all 12 updates" in again.reason


def test_early_stopping(tmp_path: Path) -> None:
    stopped = run(
        tmp_path / "run",
        validate_every=1,
        updates=400,
        optimizer={"learning_rate": 1e-12},
        early_stopping={"metric": "chrf", "patience": 3},
    )
    assert "no better chrf in 3 validations" in stopped.reason
    assert stopped.history()["update"].max() < 50


@pytest.mark.parametrize("metric", ["loss", "chrf", "bleu"])
def test_the_best_model_is_the_best_by_its_metric(tmp_path: Path, metric: str) -> None:
    listener = Listener()
    finished = run(tmp_path / "run", listener, early_stopping={"metric": metric})
    values = [{"loss": record.loss, **record.scores}[metric] for record in listener.validations]
    best = min(values) if metric == "loss" else max(values)
    assert [r for r in listener.validations if r.best][-1] is listener.validations[values.index(best)]
    assert finished.best.is_dir()


def test_minutes_end_a_run(tmp_path: Path) -> None:
    ended = run(tmp_path / "run", updates=100_000, minutes=0.001, validate_every=100_000)
    assert "minutes are over" in ended.reason
    assert ended.report is not None


def test_observers_change_no_bit(tmp_path: Path, finished: Path) -> None:
    run(tmp_path / "run", Listener(), Listener())
    assert same(weights(tmp_path / "run"), weights(finished))


def test_padding_is_reported(finished: Path) -> None:
    padding = dragoman.training.history.read_history(finished)["padding"].dropna()
    assert len(padding) == 12
    assert padding.between(0, 1, inclusive="left").all()
    assert padding.median() < 0.15


def test_an_existing_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "precious").write_text("x")
    with pytest.raises(OutputError, match="exists already"):
        run(tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["precious"]


def test_bad_data_leaves_nothing(tmp_path: Path) -> None:
    empty = pd.DataFrame({"source": ["", ""], "target": ["a", "b"]})
    with pytest.raises(InputError, match=r"nothing|all"):
        train(recipe(), tmp_path / "run", train=empty)
    with pytest.raises(InputError):
        train(recipe(), tmp_path / "run", train=frame("copy", 0))
    with pytest.raises(InputError):
        train(recipe(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "SHA256SUMS"])
@pytest.mark.parametrize("damage", ["truncate", "alter", "remove"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, name: str, damage: str, finished: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    for checkpoint in (tmp_path / "run" / "checkpoints").iterdir():
        spoil(checkpoint / name, damage)
    with pytest.raises(DamagedFileError):
        resume(tmp_path / "run")


@pytest.mark.parametrize("name", ["weights.safetensors", "recipe.toml", "tokenizer.json", "model.json", "SHA256SUMS"])
@pytest.mark.parametrize("damage", ["truncate", "alter"])
def test_a_damaged_model_is_refused(tmp_path: Path, name: str, damage: str, finished: Path) -> None:
    shutil.copytree(finished / "best", tmp_path / "model")
    spoil(tmp_path / "model" / name, damage)
    with pytest.raises(DamagedFileError, match=r"SHA256SUMS|checksum"):
        dragoman.load(tmp_path / "model")


def spoil(path: Path, damage: str) -> None:
    data = path.read_bytes()
    if damage == "remove":
        path.unlink()
    elif damage == "truncate":
        path.write_bytes(data[: len(data) // 2])
    else:
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])


def test_a_checkpoint_of_another_dataset_is_refused(tmp_path: Path, finished: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    train(recipe(), tmp_path / "other", train=frame("reversal", 300))
    shutil.rmtree(tmp_path / "run" / "dataset")
    shutil.copytree(tmp_path / "other" / "dataset", tmp_path / "run" / "dataset")
    with pytest.raises(TrainingError, match="dataset"):
        resume(tmp_path / "run")


def test_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run"):
        resume(tmp_path)


def test_a_run_or_an_empty_folder_is_no_model(tmp_path: Path, finished: Path) -> None:
    with pytest.raises(InputError, match="this is a run") as error:
        dragoman.load(finished)
    assert "best" in error.value.remedy
    with pytest.raises(InputError, match="no model"):
        dragoman.load(tmp_path)


def test_ctrl_c_at_the_command_line(tmp_path: Path) -> None:
    data = frame("copy", 300)
    for side in ("source", "target"):
        (tmp_path / side).write_text("\n".join(data[side]) + "\n")
    settings = ["updates=100000", "threads=1", "precision=float32", "batch.tokens=100"]
    changes = [part for setting in settings for part in ("--set", f"training.{setting}")]
    command = [sys.executable, "-m", "dragoman", "train", "demo", "--source", "source", "--target", "target"]
    process = subprocess.Popen(
        [*command, "--output", "run", *changes], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    history = tmp_path / "run" / "history.jsonl"
    while process.poll() is None and not (history.exists() and history.read_text().count("\n") > 3):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "dragoman train --resume" in output
    assert "Traceback" not in errors
    assert list((tmp_path / "run" / "checkpoints").iterdir())
