from __future__ import annotations

import math

import pytest

from dragoman.recipe.training import OptimizerRecipe, ScheduleRecipe, TrainingRecipe
from dragoman.training.schedule import build_schedule


def schedule(kind: str, warmup: int = 100, updates: int = 1000):
    return build_schedule(
        TrainingRecipe(
            updates=updates,
            optimizer=OptimizerRecipe(learning_rate=0.5),
            schedule=ScheduleRecipe(kind=kind, warmup=warmup),
        )
    )


@pytest.mark.parametrize("kind", ["inverse_square_root", "cosine", "constant"])
def test_warm_up_is_linear_and_ends_at_the_peak(kind: str) -> None:
    rate = schedule(kind)
    assert rate(1) == pytest.approx(0.005)
    assert rate(50) == pytest.approx(0.25)
    assert rate(100) == pytest.approx(0.5)


@pytest.mark.parametrize("kind", ["inverse_square_root", "cosine", "constant"])
def test_no_warm_up(kind: str) -> None:
    assert schedule(kind, warmup=0)(1) == pytest.approx(0.5, rel=1e-4)


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
