"""The loss over the size of the training set, on planted power laws."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.diagnosis.fit.learning_curve import DataPoint, fit_learning_curve

SIZES = [906, 1812, 3625, 7250]
FULL = 29_000


def law(size: float, floor: float, exponent: float) -> float:
    return floor + (5.0 - floor) * (size / SIZES[0]) ** -exponent


def planted(floor: float, exponent: float, noise: float = 0.0, seed: int = 0) -> list[DataPoint]:
    random = np.random.default_rng(seed)
    return [DataPoint(size, law(size, floor, exponent) * (1 + noise * random.normal()), 0.02) for size in SIZES]


@pytest.mark.parametrize("exponent", [0.2, 0.28, 0.4, 0.6, 0.8])
def test_a_quarter_of_the_data_tells_the_loss_with_all_of_it(exponent: float) -> None:
    truth = law(FULL, 1.5, exponent)
    found = [
        fit_learning_curve(planted(1.5, exponent, noise=0.005, seed=seed)).predict(FULL).value for seed in range(10)
    ]
    assert np.mean([abs(value / truth - 1) < 0.05 for value in found]) >= 0.8


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = []
    for seed in range(30):
        prediction = fit_learning_curve(planted(1.5, 0.35, noise=0.01, seed=seed)).predict(FULL)
        covered.append(prediction.low <= law(FULL, 1.5, 0.35) <= prediction.high)
    assert np.mean(covered) >= 0.9


def test_many_sure_points_outweigh_what_is_presumed_of_the_exponent() -> None:
    points = [DataPoint(100 * 2**place, 1.0 + 4.0 * 2 ** (-0.9 * place), 0.001) for place in range(10)]
    assert fit_learning_curve(points).exponent == pytest.approx(0.9, abs=0.15)


def test_two_points_give_what_is_presumed_and_are_met() -> None:
    curve = fit_learning_curve([DataPoint(2000, 3.0, 0.01), DataPoint(1000, 3.5, 0.01)])
    assert [point.examples for point in curve.points] == [1000, 2000]
    assert curve.exponent == pytest.approx(0.35, rel=0.2)
    assert curve.predict(2000).value == pytest.approx(3.0, abs=0.05)
    assert curve.predict(1000).value == pytest.approx(3.5, abs=0.05)


def test_data_that_does_not_help_is_forecast_not_to_help() -> None:
    curve = fit_learning_curve([DataPoint(size, 2.0, 0.01) for size in SIZES])
    assert curve.predict(FULL).value == pytest.approx(2.0, abs=0.02)
    assert curve.gain(2).value == pytest.approx(0, abs=1e-6)


def test_further_away_is_less_certain() -> None:
    curve = fit_learning_curve(planted(1.5, 0.35))
    near, far = curve.predict(8000), curve.predict(10 * FULL)
    assert far.high - far.low > near.high - near.low


@settings(max_examples=25)
@given(
    st.lists(st.floats(0.0, 20.0), min_size=2, max_size=6),
    st.floats(0.0, 0.5),
)
def test_predictions_never_rise_with_data_nor_fall_below_zero(losses: list[float], error: float) -> None:
    curve = fit_learning_curve([DataPoint(100 * 2**place, loss, error) for place, loss in enumerate(losses)])
    values = [curve.predict(float(size)) for size in (50, 100, 1000, 100_000)]
    assert all(first.value >= second.value - 1e-9 for first, second in pairwise(values))
    assert all(prediction.low >= 0 and prediction.low <= prediction.high for prediction in values)


def test_one_size_or_a_loss_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        fit_learning_curve([DataPoint(10, 1.0), DataPoint(10, 2.0)])
    with pytest.raises(ValueError, match="finite"):
        fit_learning_curve([DataPoint(10, 1.0), DataPoint(20, float("nan"))])
