"""What a quarter more updates would bring, on curves whose future is known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import evidence

from dragoman.diagnosis.fit.evidence import Validation
from dragoman.diagnosis.fit.forecast import Forecast, forecast_gain, theil_sen


def forecast(curve: Callable[[float], float], noise: float = 0.0, seed: int = 0) -> Forecast:
    random = np.random.default_rng(seed)
    found = forecast_gain(evidence(lambda share: curve(share) + noise * random.normal()).looks)
    assert found is not None
    return found


@pytest.mark.parametrize("exponent", [0.3, 0.6, 1.0, 2.0])
def test_power_laws_are_extrapolated(exponent: float) -> None:
    def curve(share: float) -> float:
        return 1.5 + 2.5 * (10 * share) ** -exponent

    truth = curve(1.0) - curve(1.25)
    assert forecast(curve).gain == pytest.approx(truth, rel=0.15, abs=0.002)


def test_a_straight_fall_goes_on() -> None:
    assert forecast(lambda share: 6 - 1.2 * share).gain == pytest.approx(0.3, rel=0.15)


def test_what_has_come_to_rest_gains_nothing() -> None:
    assert forecast(lambda share: 1.8 + 3.5 * math.exp(-20 * share)).gain == pytest.approx(0, abs=1e-4)


def test_what_rises_is_forecast_to_rise() -> None:
    assert forecast(lambda share: 2 + share).gain < 0


def test_one_wild_look_does_not_turn_the_forecast() -> None:
    losses = [1.5 + 2.5 * (place + 1) ** -0.6 for place in range(10)]
    calm = forecast_gain(evidence(losses).looks)
    losses[7] += 0.8
    wild = forecast_gain(evidence(losses).looks)
    assert calm is not None
    assert wild is not None
    assert wild.gain == pytest.approx(calm.gain, abs=0.06)
    assert wild.error > 10 * calm.error


@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_the_error_is_about_as_large_as_forecasts_scatter(noise: float) -> None:
    found = [forecast(lambda share: 1.5 + 2.5 * (10 * share) ** -0.6, noise, seed) for seed in range(30)]
    scatter = float(np.std([each.gain for each in found]))
    typical = float(np.median([each.error for each in found]))
    assert 0.4 * scatter < typical < 2.5 * scatter


def test_two_looks_or_none_that_is_finite_are_no_forecast() -> None:
    assert forecast_gain(evidence([3.0, 2.0]).looks) is None
    assert forecast_gain(evidence([math.nan] * 10).looks) is None


def test_looks_that_are_not_finite_are_left_out() -> None:
    losses = [1.5 + 2.5 * (place + 1) ** -0.6 for place in range(10)]
    losses[8] = math.nan
    found = forecast_gain(evidence(losses).looks)
    assert found is not None
    assert found.gain > 0


@settings(max_examples=25)
@given(
    st.lists(st.floats(0.01, 10), min_size=3, max_size=12),
    st.floats(-0.5, 0.5),
    st.floats(0.1, 5),
)
def test_forecasts_are_finite_and_do_not_depend_on_where_zero_is(
    losses: list[float], shift: float, scale: float
) -> None:
    looks = [Validation(10 * (place + 1), 1.0, loss) for place, loss in enumerate(losses)]
    moved = [Validation(look.update, look.seconds, scale * (look.validation + shift)) for look in looks]
    first, second = forecast_gain(looks), forecast_gain(moved)
    assert first is not None
    assert second is not None
    assert math.isfinite(first.gain)
    assert math.isfinite(first.error)
    assert second.gain == pytest.approx(scale * first.gain, rel=1e-3, abs=1e-6 * scale + 1e-9)


@given(st.integers(0, 1000), st.floats(-3, 3))
def test_theil_sen_finds_the_slope_of_a_line(seed: int, slope: float) -> None:
    x = np.sort(np.random.default_rng(seed).uniform(0, 10, 7))
    assert theil_sen(x, 1.0 + slope * x) == pytest.approx(slope, abs=1e-6)
