from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.recipe.training import OptimizerRecipe, ScheduleRecipe, TrainingRecipe
from dragoman.training.schedule import build_schedule, dropout_factor

KINDS = ["inverse_square_root", "cosine", "linear", "hold", "constant"]


def schedule(kind: str, warmup: int = 100, updates: int = 1000):
    return build_schedule(
        TrainingRecipe(
            updates=updates,
            optimizer=OptimizerRecipe(learning_rate=0.5),
            schedule=ScheduleRecipe(kind=kind, warmup=warmup),
        )
    )


@pytest.mark.parametrize("kind", KINDS)
def test_warm_up_is_linear_and_ends_at_the_peak(kind: str) -> None:
    rate = schedule(kind)
    assert rate(1) == pytest.approx(0.005)
    assert rate(50) == pytest.approx(0.25)
    assert rate(100) == pytest.approx(0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_no_warm_up(kind: str) -> None:
    assert schedule(kind, warmup=0)(1) == pytest.approx(0.5, rel=2e-3)


def test_inverse_square_root() -> None:
    rate = schedule("inverse_square_root")
    assert rate(400) == pytest.approx(0.25)
    assert rate(900) == pytest.approx(0.5 / 3)


def test_cosine_ends_at_zero() -> None:
    rate = schedule("cosine")
    assert rate(550) == pytest.approx(0.25)
    assert rate(1000) == pytest.approx(0.0, abs=1e-12)
    assert rate(325) == pytest.approx(0.25 * (1 + math.cos(math.pi / 4)))


def test_constant() -> None:
    assert schedule("constant")(999) == 0.5


def test_linear_is_a_line_to_zero() -> None:
    rate = schedule("linear")
    assert [rate(update) for update in (100, 325, 550, 1000, 1001)] == pytest.approx([0.5, 0.375, 0.25, 0.0, 0.0])


def test_hold_stays_at_the_peak_and_then_is_a_line_to_zero() -> None:
    rate = schedule("hold")
    assert {rate(update) for update in range(100, 601)} == {0.5}
    assert [rate(update) for update in (800, 900, 1000, 1001)] == pytest.approx([0.25, 0.125, 0.0, 0.0])


@given(st.integers(20, 400), st.integers(1, 400))
def test_a_longer_run_has_the_same_bits_before_the_decay_of_the_shorter(updates: int, more: int) -> None:
    short, long = (schedule("hold", warmup=5, updates=length) for length in (updates, updates + more))
    assert all(short(update) == long(update) for update in range(1, int(0.6 * updates) + 1))


@given(st.integers(2, 200), st.floats(0, 0.99), st.floats(0.01, 1), st.sampled_from(KINDS))
def test_no_schedule_jumps_or_leaves_its_bounds(updates: int, share: float, decay: float, kind: str) -> None:
    """Whatever of the run the warm-up takes."""
    recipe = TrainingRecipe(
        updates=updates,
        optimizer=OptimizerRecipe(learning_rate=1.0),
        schedule=ScheduleRecipe(kind=kind, warmup=min(round(share * updates), updates - 1), decay_share=decay),
    )
    rate, warmup = build_schedule(recipe), recipe.warmup_updates
    rates = [rate(update) for update in range(1, updates + 1)]
    assert all(0 <= value <= 1 for value in rates)
    assert rates[: warmup or 1] == sorted(rates[: warmup or 1])
    assert rates[max(warmup - 1, 0) :] == sorted(rates[max(warmup - 1, 0) :], reverse=True)
    if kind in ("cosine", "linear", "hold"):
        assert rates[-1] == pytest.approx(0.0, abs=1e-12)


def test_a_share_takes_the_place_of_the_warm_up_and_of_the_averages_decay() -> None:
    for updates, expected in ((50, 5), (1000, 100), (3, 0), (1, 0)):
        recipe = TrainingRecipe(updates=updates, schedule={"warmup_share": 0.1}, average_share=0.25)
        assert recipe.warmup_updates == expected
        assert recipe.average_decay == pytest.approx(max(1 - 4 / updates, 0))
        assert recipe.model_copy(update={"average_share": 0.0}).average_decay == 0.998
    assert TrainingRecipe(updates=2, schedule={"warmup_share": 0.99}).warmup_updates == 1


@pytest.mark.parametrize("start", [0.0, 0.3, 2.5])
def test_dropout_goes_to_its_rate_along_a_line_and_stays(start: float) -> None:
    recipe = TrainingRecipe(updates=100, schedule={"warmup": 1}, dropout_start=start, dropout_until=0.4)
    factors = [dropout_factor(recipe, update) for update in range(1, 101)]
    assert factors[0] == start
    assert set(factors[40:]) == {1.0}
    assert factors[20] == pytest.approx((start + 1) / 2)
    steps = {round(after - before, 9) for before, after in pairwise(factors[:41])}
    assert steps == {round((1 - start) / 40, 9)}
