"""Whole runs that meet with faults: skipped updates, rewinds, the end, and going on."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import dragoman.training.trainer as trainer_module
from dragoman.errors import TrainingError
from dragoman.training import run as run_module
from dragoman.training import training_state as state_module
from dragoman.training.history import read_history
from dragoman.training.observer import Observer, RewindRecord, SkipRecord, UpdateRecord
from dragoman.training.recovery.incident import Incidents
from dragoman.training.run import Run, resume, train

sys.path.insert(0, str(Path(__file__).parents[1]))
from toy import frame, recipe


@pytest.fixture(autouse=True)
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than training here."""
    monkeypatch.setattr(run_module, "draw_learning_curves", lambda history, path, title: None)


class Listener(Observer):
    def __init__(self, stop: int | None = None) -> None:
        self.updates: list[UpdateRecord] = []
        self.skips: list[SkipRecord] = []
        self.rewinds: list[RewindRecord] = []
        self.stop = stop

    def on_update(self, record: UpdateRecord) -> None:
        self.updates.append(record)
        if len(self.updates) == self.stop:
            os.kill(os.getpid(), signal.SIGINT)

    def on_skip(self, record: SkipRecord) -> None:
        self.skips.append(record)

    def on_rewind(self, record: RewindRecord) -> None:
        self.rewinds.append(record)


def harmed(monkeypatch: pytest.MonkeyPatch, is_harmful: Callable[[tuple[int, ...]], bool]) -> None:
    """Batches of some training examples lose their encoder's output to a division by zero."""
    step = trainer_module.training_step

    def training_step(state: Any, batches: Any, *given: Any) -> Any:
        encoder = state.model.encoder
        plain = type(encoder).forward

        def forward(source: Any) -> Any:
            memory = plain(encoder, source)
            harmful = is_harmful(tuple(source.rows()[0]))
            return type(memory)(memory.states / (0.0 if harmful else 1.0), memory.layout, memory.final)

        vars(encoder)["forward"] = forward
        return step(state, batches, *given)

    monkeypatch.setattr(trainer_module, "training_step", training_step)


def at_loader(monkeypatch: pytest.MonkeyPatch, *places: tuple[int, int]) -> None:
    """The batches at these positions of the loader, as ``(epoch, batch)`` of the next, are harmful."""
    plain = trainer_module.Trainer._step
    now: dict[str, Any] = {}

    def _step(self: Any, progress: Any, batches: Any) -> Any:
        state = self.loader.state()
        now["harmful"] = (state["epoch"], state["batch"]) in places
        return plain(self, progress, batches)

    monkeypatch.setattr(trainer_module.Trainer, "_step", _step)
    harmed(monkeypatch, lambda row: now["harmful"])


def run(folder: Path, *observers: Observer, **training: Any) -> Run:
    settings = {"updates": 16, "checkpoint_every": 3, "validate_every": 4, "average": 0.9, **training}
    return train(recipe(**settings), folder, train=frame("copy", 300), observers=observers)


def result(folder: Path) -> tuple[Any, ...]:
    newest = sorted((folder / "checkpoints").glob("update-*"))[-1]
    rows = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    for row in rows:
        for measured in ("seconds", "waited"):
            row.pop(measured, None)
    state = {name: tensor.numpy().tobytes() for name, tensor in load_file(newest / "state.safetensors").items()}
    return newest.name, state, rows, (folder / "best" / "weights.safetensors").read_bytes()


ONE, THREE = ((1, 2),), ((1, 1), (1, 2), (1, 3))
"""An epoch has a few batches."""


def test_a_harmful_batch_is_skipped_told_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_loader(monkeypatch, *ONE)
    listener = Listener()
    run(tmp_path / "run", listener)
    (skip,) = listener.skips
    assert (skip.stage, skip.module) == ("output", "encoder")
    assert math.isnan(skip.loss) or math.isinf(skip.loss)
    assert all(":" in line for line in skip.lines)
    assert len(listener.updates) == 15
    assert skip.update not in [record.update for record in listener.updates]
    assert skip.folder == tmp_path / "run" / "incidents" / f"update-{skip.update:08d}"
    facts = json.loads((skip.folder / "incident.json").read_text())
    assert (facts["stage"], facts["module"], facts["lines"]) == ("output", "encoder", list(skip.lines))
    kept = load_file(skip.folder / "batches.safetensors")
    assert kept["0.source.lengths"].sum() == len(kept["0.source.values"])
    assert len(kept["0.examples"]) == len(facts["examples"])
    history = read_history(tmp_path / "run")
    row = history[history["event"] == "skip"].iloc[0]
    assert (row["update"], row["module"], row["lines"]) == (skip.update, "encoder", "; ".join(skip.lines))
    assert (history["event"] == "rewind").sum() == 0


def test_three_skips_rewind_to_half_the_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_loader(monkeypatch, *THREE)
    listener, plain = Listener(), Listener()
    run(tmp_path / "run", listener)
    (rewind,) = listener.rewinds
    assert rewind.update == listener.skips[-1].update
    assert rewind.back_to < listener.skips[0].update
    assert rewind.back_to % 3 == 0
    assert (rewind.reason, rewind.learning_rate_factor) == ("3 of 100 updates were skipped", 0.5)
    monkeypatch.undo()
    monkeypatch.setattr(run_module, "draw_learning_curves", lambda history, path, title: None)
    run(tmp_path / "plain", plain)
    rates = {record.update: record.learning_rate for record in plain.updates}
    after = listener.updates[-(16 - rewind.back_to) :]
    assert [record.update for record in after] == list(range(rewind.back_to + 1, 17))
    assert all(record.learning_rate == 0.5 * rates[record.update] for record in after)
    history = read_history(tmp_path / "run")
    updates = history[history["event"] == "update"]["update"]
    assert updates.is_monotonic_increasing
    assert updates.is_unique
    row = history[history["event"] == "rewind"].iloc[0]
    assert (row["back_to"], row["learning_rate_factor"]) == (rewind.back_to, 0.5)
    assert history["event"].tolist().count("skip") == 3
    assert history["update"].iloc[-1] == 16
    assert history[history["event"] == "validation"]["best"].any()


@pytest.mark.parametrize(("places", "stop"), [(ONE, 7), (THREE, 7), (THREE, 9)])
def test_a_recovered_run_that_is_resumed_is_one_that_never_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: tuple[tuple[int, int], ...], stop: int
) -> None:
    at_loader(monkeypatch, *places)
    run(tmp_path / "whole")
    assert run(tmp_path / "part", Listener(stop)).interrupted
    resume(tmp_path / "part")
    assert result(tmp_path / "part") == result(tmp_path / "whole")


def test_a_run_that_is_killed_while_it_goes_back_ends_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_loader(monkeypatch, *THREE)
    run(tmp_path / "whole")
    for method in ("remove_after", "save"):
        folder = tmp_path / method

        class Killed(Listener):
            def on_rewind(self, record: RewindRecord, method: str = method) -> None:
                def fail(*given: Any) -> None:
                    raise KeyboardInterrupt

                patch.setattr(run_module.Checkpoints, method, fail)

        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            run(folder, Killed())
        resume(folder)
        assert result(folder) == result(tmp_path / "whole")


def test_after_three_rewinds_the_run_stops_and_so_does_a_resumed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmed(monkeypatch, lambda row: True)
    listener = Listener()
    with pytest.raises(TrainingError, match="3 times") as error:
        run(tmp_path / "run", listener)
    assert "dragoman diagnose stability" in error.value.remedy
    assert "incidents" in error.value.remedy
    assert [record.learning_rate_factor for record in listener.rewinds] == [0.5, 0.25, 0.125]
    assert not listener.updates
    kept = [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()]
    assert kept == ["update-00000000"]
    assert read_history(tmp_path / "run")["event"].tolist().count("rewind") == 3
    with pytest.raises(TrainingError, match="3 times"):
        resume(tmp_path / "run")


def test_of_many_incidents_only_the_first_are_kept_with_their_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "Incidents", lambda folder, lines: Incidents(folder, lines, kept=2))
    at_loader(monkeypatch, *THREE)
    listener = Listener()
    run(tmp_path / "run", listener)
    folders = sorted((tmp_path / "run" / "incidents").iterdir())
    assert [(folder / "incident.json").is_file() for folder in folders] == [True] * 3
    assert [(folder / "batches.safetensors").is_file() for folder in folders] == [True, True, False]


def test_a_doubtful_checkpoint_is_not_gone_back_to_and_the_good_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_loader(monkeypatch, (0, 3), (0, 5), (1, 1))
    listener = Listener()
    run(tmp_path / "run", listener, checkpoint_every=1, keep_checkpoints=1)
    (rewind,) = listener.rewinds
    assert rewind.back_to == listener.skips[0].update - 1
    kept = sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir())
    assert kept == ["update-00000016"]


def test_weights_stay_finite_and_the_validation_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_loader(monkeypatch, *THREE)
    ended = run(tmp_path / "run")
    assert ended.report is not None
    weights = load_file(ended.best / "weights.safetensors")
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())


def test_a_learning_rate_that_is_far_too_high_for_a_while_is_recovered_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays finite: the loss goes back up."""
    plain = state_module.build_schedule
    calls = iter(range(10_000))

    def build_schedule(settings: Any) -> Callable[[int], float]:
        schedule = plain(settings)
        return lambda update: schedule(update) * (100 if 180 <= next(calls) < 186 else 1)

    monkeypatch.setattr(state_module, "build_schedule", build_schedule)
    listener = Listener()
    settings = {"updates": 260, "checkpoint_every": 20, "validate_every": 260, "batch": {"tokens": 200, "pool": 10}}
    run(
        tmp_path / "run",
        listener,
        **settings,
        optimizer={"learning_rate": 5e-3},
        schedule={"kind": "constant", "warmup": 40},
    )
    (rewind,) = listener.rewinds
    assert rewind.reason == "the loss blew up"
    assert 180 < rewind.update <= 230
    assert rewind.back_to <= 180
    losses = [record.loss for record in listener.updates]
    assert sum(losses[-10:]) < sum(losses[150:160])
