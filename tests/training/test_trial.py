"""Experiments in memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy import frame, recipe

import dragoman.training.setup as training_setup
import dragoman.training.trainer as trainer_module
from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.errors import TrainingError
from dragoman.model.taps import replaced
from dragoman.recipe.shortened import shortened_recipe
from dragoman.training.history import read_history
from dragoman.training.observer import Observer, RewindRecord, SkipRecord
from dragoman.training.run import train
from dragoman.training.training_state import TrainingState
from dragoman.training.trial import part_of, run_trial


class Listener(Observer):
    def __init__(self) -> None:
        self.skips: list[SkipRecord] = []
        self.rewinds: list[RewindRecord] = []

    def on_skip(self, record: SkipRecord) -> None:
        self.skips.append(record)

    def on_rewind(self, record: RewindRecord) -> None:
        self.rewinds.append(record)


def kept_states(monkeypatch: pytest.MonkeyPatch) -> list[TrainingState]:
    """The states of all that trains from now on."""
    states: list[TrainingState] = []
    build = training_setup.build_training_state

    def built(*given: Any) -> Any:
        found = build(*given)
        states.append(found[0])
        return found

    monkeypatch.setattr(training_setup, "build_training_state", built)
    return states


def weights(state: TrainingState) -> tuple[bytes, bytes]:
    """Of now, and on average."""
    return state.parameters.master.numpy().tobytes(), state.average.average.numpy().tobytes()


@contextmanager
def not_finite_at(monkeypatch: pytest.MonkeyPatch, *turns: int) -> Iterator[None]:
    """The loss of these turns of the loop, from 1, is infinite, and finite when it is computed once more."""
    step, turn = trainer_module.training_step, iter(range(1, 1000))

    def training_step(state: TrainingState, *given: Any) -> Any:
        if next(turn) not in turns:
            return step(state, *given)
        plain = state.model.loss

        def loss(*arguments: Any) -> Any:
            summed, carried = plain(*arguments)
            return summed * math.inf, carried

        with replaced(state.model, "loss", loss):
            return step(state, *given)

    with monkeypatch.context() as patch:
        patch.setattr(trainer_module, "training_step", training_step)
        yield


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A hundred reversals."""
    folder = tmp_path_factory.mktemp("trial") / "dataset"
    prepared: Dataset = prepare(recipe(), folder, train=frame("reversal", 140))
    return prepared


def test_a_trial_of_some_updates_is_a_run_of_as_many(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same weights to the bit, with what batches and an average they have, and the same losses."""
    settings = recipe(
        updates=12, validate_every=6, checkpoint_every=5, average=0.9, batch={"tokens": 100, "accumulation": 2}
    )
    states = kept_states(monkeypatch)
    train(settings, tmp_path / "run", train=frame("reversal", 140))
    found = run_trial(settings, dataset, validations=2)
    assert weights(states[0]) == weights(states[1])
    rows = read_history(tmp_path / "run").query("event == 'validation'")
    assert [record.update for record in found.validations] == rows["update"].tolist() == [6, 12]
    for name in ("loss", "loss_error", "training_loss", "training_loss_error"):
        assert [getattr(record, name) for record in found.validations] == rows[name].tolist()


def test_a_trial_meets_what_is_not_finite_as_a_run_does(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three updates are skipped; both go back to the same update, with half the rate, and end with the same weights."""
    settings = recipe(updates=14, checkpoint_every=3, validate_every=7, average=0.9)
    states = kept_states(monkeypatch)
    listeners = (Listener(), Listener())
    with not_finite_at(monkeypatch, 5, 7, 8):
        train(settings, tmp_path / "run", train=frame("reversal", 140), observers=[listeners[0]])
    with not_finite_at(monkeypatch, 5, 7, 8):
        run_trial(settings, dataset, validations=2, observers=[listeners[1]])
    run, trial = listeners
    assert [skip.update for skip in run.skips] == [5, 7, 8]
    assert run.rewinds == trial.rewinds != []
    assert str([replace(skip, folder=None, lines=()) for skip in run.skips]) == str(trial.skips)
    assert weights(states[0]) == weights(states[1])


def test_a_trial_that_has_gone_back_too_often_ends_as_a_run_does(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with not_finite_at(monkeypatch, *range(1, 100)), pytest.raises(TrainingError, match="3 times already"):
        run_trial(recipe(updates=60), dataset)


def test_patience_ends_a_trial(dataset: Dataset) -> None:
    frozen = recipe(updates=20, optimizer={"learning_rate": 1e-12}, schedule={"kind": "constant", "warmup": 0})
    assert run_trial(frozen, dataset, patience=2).updates < 20
    assert run_trial(frozen, dataset).updates == 20


def test_the_same_seed_gives_the_same_losses_and_another_does_not(dataset: Dataset) -> None:
    one, same, other = (run_trial(recipe(seed=seed), dataset, validations=1) for seed in (3, 3, 4))
    assert one.validations[0].loss == same.validations[0].loss != other.validations[0].loss


def test_a_larger_part_holds_every_smaller_one(dataset: Dataset) -> None:
    small, large = (set(part_of(recipe(), dataset, size).train.source_texts()) for size in (20, 50))
    assert small < large
    assert len(part_of(recipe(), dataset, 10_000).train) == len(dataset.train)


def test_a_part_is_what_a_trial_learns_from(dataset: Dataset) -> None:
    found = run_trial(recipe(), dataset, examples=30, validations=1)
    assert found.examples == 30
    assert (
        found.validations[0].loss
        == run_trial(recipe(), part_of(recipe(), dataset, 30), validations=1).validations[0].loss
    )


def test_a_part_holds_the_rows_it_was_made_of(dataset: Dataset) -> None:
    part = part_of(recipe(), dataset, 25).train
    texts = dict(zip(dataset.train.source_texts(), dataset.train.target_texts(), strict=True))
    batch = part.batch(np.arange(25))
    assert [texts[text] for text in part.source_texts()] == part.target_texts()
    assert batch.target.values.shape[0] == part.target_lengths.sum()


def test_validations_are_spread_evenly(dataset: Dataset) -> None:
    settings = shortened_recipe(recipe(updates=200, schedule={"kind": "cosine", "warmup": 50}), 10)
    found = run_trial(settings, dataset, validations=3)
    assert found.updates == 10
    assert [record.update for record in found.validations] == [4, 8, 10]


def test_minutes_end_a_trial_with_a_last_look(dataset: Dataset) -> None:
    found = run_trial(recipe(updates=100_000), dataset, minutes=0.01)
    assert found.updates < 100_000
    assert found.validations[-1].update == found.updates
    assert found.best is not None
