"""A loss that blows up is an alarm within 50 updates; noise is none."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dragoman.training.recovery.divergence import Divergence


def learning(updates: int, noise: float, seed: int, floor: float = 0.5) -> list[float]:
    """Losses that fall from 6 to ``floor``, with noise in proportion."""
    random = np.random.default_rng(seed)
    trend = floor + (6 - floor) * np.exp(-np.arange(updates) / 80)
    return (trend * random.lognormal(0, noise, updates)).tolist()


def first_alarm(losses: list[float]) -> int | None:
    divergence = Divergence()
    return next((update for update, loss in enumerate(losses, start=1) if divergence.observe(loss)), None)


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.4, 1.0])
@pytest.mark.parametrize("floor", [0.001, 0.5, 4.0])
def test_a_run_that_learns_is_no_alarm(noise: float, floor: float) -> None:
    for seed in range(3):
        assert first_alarm(learning(1000, noise, seed, floor)) is None


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.3])
def test_a_loss_that_goes_back_up_is_found_within_50_updates(noise: float) -> None:
    for seed in range(3):
        losses = learning(400, noise, seed)
        blown = (4 * np.random.default_rng(seed).lognormal(0, noise, 50)).tolist()
        found = first_alarm([*losses, *blown])
        assert found is not None
        assert 400 < found <= 450


def test_a_run_that_rises_from_its_first_updates_is_found() -> None:
    random = np.random.default_rng(1)
    losses = [5.8, 5.8, 5.7, 5.9, 6.5, *(9 * random.lognormal(0, 0.05, 60)).tolist()]
    found = first_alarm(losses)
    assert found is not None
    assert found <= 50


def test_a_single_wild_batch_is_no_alarm() -> None:
    losses = learning(600, 0.05, 1)
    losses[300:303] = [1e6, 1e9, 1e3]
    assert first_alarm(losses) is None


def test_weights_are_doubted_before_there_is_an_alarm() -> None:
    divergence = Divergence()
    for loss in learning(400, 0.05, 1):
        divergence.observe(loss)
    assert not divergence.doubtful
    assert [divergence.observe(5.0) for _ in range(2)] == [False, False]
    assert divergence.doubtful


def test_json_brings_it_back() -> None:
    one = Divergence()
    for update, loss in enumerate(learning(150, 0.1, 2)):
        if update in (0, 7, 70, 149):
            assert Divergence.from_dict(json.loads(json.dumps(one.to_dict()))) == one
        one.observe(loss)


def test_batches_of_two_kinds_are_no_alarm_and_a_rise_above_both_is() -> None:
    generator = np.random.default_rng(1)
    levels = np.where(generator.random(2_000) < 0.6, 1.28, 1.9) * np.exp(generator.normal(0, 0.02, 2_000))
    watch = Divergence()
    assert not any(watch.observe(loss) for loss in (levels + 4 * np.exp(-np.arange(2_000) / 50)).tolist())
    assert any(watch.observe(loss) for loss in (2 * levels[:25]).tolist())
