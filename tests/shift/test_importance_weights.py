"""Importance weights: their mean, their cap, and when there are none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dragoman.errors import InputError
from dragoman.shift.importance_weights import importance_weights


def test_weights_are_capped_ratios_with_mean_one() -> None:
    log_ratio = np.random.default_rng(1).normal(size=200)
    found = importance_weights(log_ratio, cap=2.0)
    capped = np.minimum(np.exp(log_ratio), 2.0)
    np.testing.assert_allclose(found.values, capped / capped.mean())
    assert found.effective_share == pytest.approx(capped.sum() ** 2 / (capped**2).sum() / 200)
    assert found.capped == pytest.approx((log_ratio > math.log(2)).mean())


def test_the_default_cap_is_the_root_of_the_number_of_examples() -> None:
    log_ratio = np.append(np.zeros(99), 50.0)
    found = importance_weights(log_ratio)
    assert found.cap == 10
    assert found.values[-1] / found.values[0] == pytest.approx(10)


def test_equal_ratios_give_equal_weights_however_small() -> None:
    found = importance_weights(np.full(10, -2000.0))
    np.testing.assert_array_equal(found.values, np.ones(10))
    assert found.effective_share == 1


def test_weights_of_ten_percent_are_the_fewest() -> None:
    """k of n examples with weights, the others with none, are worth k of n."""
    log_ratio = np.full(1000, -np.inf)
    log_ratio[:101] = 0.0
    assert importance_weights(log_ratio).effective_share == pytest.approx(0.101)
    log_ratio[99:101] = -np.inf
    with pytest.raises(InputError) as refused:
        importance_weights(log_ratio)
    message = str(refused.value)
    assert "1,000 training examples are worth 99, 9.9 % of them, and 10 % are needed" in message
    assert "dragoman adapt" in message
    assert importance_weights(log_ratio, lowest_share=0.05).effective_share == pytest.approx(0.099)


@pytest.mark.parametrize(("ratios", "cap"), [([], None), ([0.0, math.nan], None), ([0.0], 0.0)])
def test_what_makes_no_weights(ratios: list[float], cap: float | None) -> None:
    with pytest.raises(ValueError, match="make no weights"):
        importance_weights(np.array(ratios, dtype=np.float64), cap)
