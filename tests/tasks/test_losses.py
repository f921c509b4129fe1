"""Losses of the validation set and of the training probe, and how far off they may be."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.data.dataset import Dataset
from dragoman.evaluation.confidence import resampled_sums
from dragoman.model.folder import load_model
from dragoman.tasks.losses import (
    ExampleLoss,
    LossEstimate,
    loss_estimate,
    running_probe,
    training_probe,
)
from dragoman.tasks.table import task_of
from dragoman.training.history import read_history
from dragoman.training.run import train

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame, recipe


def estimate(mean: float, spread: float, size: int, seed: int) -> LossEstimate:
    generator = np.random.default_rng(seed)
    units = generator.integers(5, 15, size)
    return loss_estimate(units * generator.normal(mean, spread, size), units)


def test_the_error_is_that_of_the_mean() -> None:
    units = np.full(400, 10)
    sums = 10 * np.random.default_rng(3).normal(2.0, 0.5, 400)
    found = loss_estimate(sums, units)
    assert found.value == pytest.approx(sums.sum() / 4000)
    assert found.error == pytest.approx(sums.std(ddof=1) / 10 / np.sqrt(400), rel=0.1)


def test_the_error_covers_the_truth_as_often_as_it_says() -> None:
    inside = [abs(found.value - 2.0) < 2 * found.error for found in (estimate(2.0, 0.7, 100, s) for s in range(100))]
    assert 88 <= sum(inside) <= 100


def test_an_infinite_loss_counts_nothing_but_its_units() -> None:
    found = loss_estimate(np.array([4.0, np.inf, 2.0]), np.array([2, 2, 2]))
    assert found.value == pytest.approx(1.0)


def test_a_loss_that_is_no_number_is_told() -> None:
    assert np.isnan(loss_estimate(np.array([1.0, np.nan]), np.array([1, 1])).value)


def test_differences_of_pairs_are_sharper_than_those_of_strangers() -> None:
    generator = np.random.default_rng(5)
    units = np.full(300, 8)
    hard = generator.normal(2.0, 1.0, 300)
    one = loss_estimate(units * hard, units)
    other = loss_estimate(units * (hard + 0.05 + generator.normal(0, 0.1, 300)), units)
    difference, error = other.less(one)
    assert difference == pytest.approx(other.value - one.value)
    assert error == pytest.approx(0.1 / np.sqrt(300), rel=0.2)
    assert error < one.error / 5


def test_losses_of_other_examples_make_no_pairs() -> None:
    with pytest.raises(ValueError, match="100 and 90 examples"):
        estimate(1, 1, 100, 0).less(estimate(1, 1, 90, 0))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=60), st.integers(1, 200), st.integers(0, 5))
def test_a_probe_has_as_many_tokens_as_are_wanted(lengths: list[int], tokens: int, seed: int) -> None:
    sizes = np.array(lengths)
    for choose in (training_probe, running_probe):
        chosen = choose(sizes, tokens, seed)
        assert len(set(chosen.tolist())) == len(chosen) > 0
        assert sizes[chosen].sum() >= min(tokens, sizes.sum()) - 9
        assert sizes[chosen].sum() < tokens + 9 or len(chosen) == 1
        assert chosen.tolist() == choose(sizes, tokens, seed).tolist()


@given(st.integers(1, 40), st.integers(1, 100), st.integers(0, 9))
def test_running_text_stays_in_one_piece(lines: int, tokens: int, seed: int) -> None:
    chosen = running_probe(np.full(lines, 3), tokens, seed)
    assert chosen.tolist() == list(range(chosen[0], chosen[-1] + 1))


@pytest.fixture(scope="module")
def memorised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that learns forty pairs by heart."""
    folder = tmp_path_factory.mktemp("memorised") / "run"
    settings = recipe(updates=200, validate_every=100, checkpoint_every=200, label_smoothing=0.2)
    train(settings, folder, train=frame("reversal", 80))
    return folder


def test_a_run_that_learns_by_heart_shows_a_gap(memorised: Path) -> None:
    last = read_history(memorised).query("event == 'validation'").iloc[-1]
    assert last["training_loss"] < last["loss"] - 2 * np.hypot(last["loss_error"], last["training_loss_error"])
    assert last["loss_error"] > 0


def test_both_losses_are_measured_in_the_same_way(memorised: Path) -> None:
    """The probe of a split that is all of it is the loss of the split; and no batch decides it."""
    dataset, best = Dataset.open(memorised / "dataset"), load_model(memorised / "best", "cpu")
    every = np.arange(len(dataset.train))
    losses: list[Callable[[], LossEstimate]] = [
        ExampleLoss(best.model, dataset.train, every, tokens=tokens)  # type: ignore[arg-type]
        for tokens in (20, 5000)
    ]
    small, large = (loss() for loss in losses)
    assert small.value == pytest.approx(large.value, rel=1e-5)
    both = task_of(best.recipe).losses(best.model, best.recipe, dataset)
    assert both.validation().value != pytest.approx(both.probe().value, rel=0.01)


def test_the_standard_error_of_examples_of_one_size_is_the_bootstraps():
    losses = np.random.default_rng(3).exponential(size=400)
    found = loss_estimate(losses, np.full(400, 2, dtype=np.int64))
    drawn = resampled_sums(np.stack([losses, np.full(400, 2.0)], axis=1), resamples=4000)
    assert found.error == pytest.approx((drawn[:, 0] / drawn[:, 1]).std(ddof=1), rel=0.04)
