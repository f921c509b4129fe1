"""Experiments in memory."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from toy import frame, recipe

from dragoman.data.dataset import Dataset
from dragoman.recipe import Recipe
from dragoman.tasks.table import task_of
from dragoman.training.history import read_history
from dragoman.training.run import train
from dragoman.training.trial import part_of, run_trial


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A hundred reversals."""
    folder = tmp_path_factory.mktemp("trial") / "dataset"
    prepared: Dataset = task_of(recipe()).prepare(recipe(), folder, train=frame("reversal", 140))
    return prepared


def test_a_trial_measures_what_a_run_measures(tmp_path: Path, dataset: Dataset) -> None:
    settings = recipe(updates=12, validate_every=6, checkpoint_every=12)
    train(settings, tmp_path / "run", train=frame("reversal", 140))
    found = run_trial(settings, dataset, looks=2)
    rows = read_history(tmp_path / "run").query("event == 'validation'")
    assert [record.update for record in found.validations] == rows["update"].tolist() == [6, 12]
    for name in ("loss", "loss_error", "training_loss", "training_loss_error"):
        assert [getattr(record, name) for record in found.validations] == rows[name].tolist()


def test_the_same_seed_gives_the_same_losses_and_another_does_not(dataset: Dataset) -> None:
    one, same, other = (run_trial(recipe(), dataset, looks=1, seed=seed) for seed in (3, 3, 4))
    assert one.validations[0].loss == same.validations[0].loss != other.validations[0].loss


def test_a_larger_part_holds_every_smaller_one(dataset: Dataset) -> None:
    small, large = (set(part_of(recipe(), dataset, size).train.source_texts()) for size in (20, 50))
    assert small < large
    assert len(part_of(recipe(), dataset, 10_000).train) == len(dataset.train)


def test_a_part_is_what_a_trial_learns_from(dataset: Dataset) -> None:
    found = run_trial(recipe(), dataset, examples=30, looks=1)
    assert found.examples == 30
    assert found.validations[0].loss == run_trial(recipe(), part_of(recipe(), dataset, 30), looks=1).validations[0].loss


def test_a_part_holds_the_rows_it_was_made_of(dataset: Dataset) -> None:
    part = part_of(recipe(), dataset, 25).train
    texts = dict(zip(dataset.train.source_texts(), dataset.train.target_texts(), strict=True))
    batch = part.batch(np.arange(25))
    assert [texts[text] for text in part.source_texts()] == part.target_texts()
    assert batch.target.values.shape[0] == part.target_lengths.sum()


def test_updates_replace_the_recipe_s_and_a_long_warm_up_is_cut(dataset: Dataset) -> None:
    settings: Recipe = recipe(updates=200, schedule={"kind": "cosine", "warmup": 50})
    found = run_trial(settings, dataset, updates=10, looks=3)
    assert found.updates == 10
    assert [record.update for record in found.validations] == [4, 7, 10]


def test_minutes_end_a_trial_with_a_last_look(dataset: Dataset) -> None:
    found = run_trial(recipe(updates=100_000), dataset, minutes=0.01)
    assert found.updates < 100_000
    assert found.validations[-1].update == found.updates
    assert found.best is not None


def test_a_trial_that_does_not_learn_ends(dataset: Dataset) -> None:
    """A rate that makes the weights overflow ends as a trial without a finite loss, or a bad one, and in no error."""
    found = run_trial(recipe(updates=60, optimizer={"learning_rate": 1e10, "clip_norm": 0}), dataset, looks=2)
    assert found.best is None or math.isfinite(found.best.value)
