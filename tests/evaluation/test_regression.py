"""Numbers: known answers by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from dragoman.errors import InputError
from dragoman.evaluation.regression import regression_statistics
from dragoman.evaluation.regression_report import evaluate_numbers
from dragoman.evaluation.significance import paired_bootstrap

TRUE = np.array([1.0, 2.0, 3.0, 6.0])
PREDICTED = np.array([1.0, 3.0, 3.0, 4.0])


def test_errors_by_hand() -> None:
    report = evaluate_numbers(PREDICTED, TRUE, training_mean=2.0)
    assert report.rmse.value == pytest.approx(math.sqrt(5 / 4))
    assert report.mae.value == pytest.approx(3 / 4)
    assert report.r2.value == pytest.approx(1 - 5 / 14)
    assert report.bias == pytest.approx(-1 / 4)
    assert report.baseline_rmse == pytest.approx(math.sqrt(18 / 4))
    assert report.baseline_mae == pytest.approx(6 / 4)
    assert [(part.share, part.error) for part in report.quantiles][::5] == [(0.5, 0.5), (1.0, 2.0)]
    assert report.worst == (4, 2, 1, 3)


def test_the_mean_explains_nothing_and_the_truth_everything() -> None:
    assert evaluate_numbers(np.full(4, 3.0), TRUE, training_mean=3.0).r2.value == pytest.approx(0)
    perfect = evaluate_numbers(TRUE, TRUE, training_mean=3.0)
    assert (perfect.r2.value, perfect.r2.low, perfect.rmse.value) == (1, 1, 0)


def test_equal_true_numbers_give_finite_scores() -> None:
    true = np.full(5, 0.1)
    assert evaluate_numbers(true, true, training_mean=0.1).r2.value == 1
    assert evaluate_numbers(true + 1, true, training_mean=0.1).r2.value == 0


def test_a_large_mean_costs_no_precision() -> None:
    shifted = evaluate_numbers(PREDICTED + 2**40, TRUE + 2**40, training_mean=0.0)
    assert shifted.r2.value == pytest.approx(1 - 5 / 14)


def test_the_interval_holds_the_value_and_narrows_with_more_examples() -> None:
    generator = np.random.default_rng(0)

    def width(examples: int) -> float:
        true = generator.normal(size=examples)
        found = evaluate_numbers(true + generator.normal(size=examples), true, training_mean=0.0).rmse
        assert found.low < found.value < found.high
        return found.high - found.low

    assert width(4000) < 0.5 * width(200)


def test_the_difference_of_two_models_can_be_tested() -> None:
    generator = np.random.default_rng(0)
    true, noise = generator.normal(size=(2, 300))
    one, two = regression_statistics(true + noise, true), regression_statistics(true + 0.5 * noise, true)
    found = [paired_bootstrap(a, b) for a, b in zip(one, two, strict=True)]
    assert [difference.metric for difference in found] == ["RMSE", "MAE", "R²"]
    assert all(difference.p_value < 0.01 for difference in found)
    assert [difference.difference > 0 for difference in found] == [False, False, True]


def test_what_is_said() -> None:
    report = evaluate_numbers(PREDICTED, TRUE, training_mean=2.0)
    text = report.as_text()
    assert "4 examples" in text
    assert "1.118" in text
    assert "2.121" in text
    assert "Largest errors: examples 4, 2, 1, 3." in text
    assert "Largest error: example 1." in evaluate_numbers(PREDICTED[:1], TRUE[:1], training_mean=2.0).as_text()
    assert json.loads(json.dumps(report.to_dict()))["quantiles"][0] == {"share": 0.5, "error": 0.5}


def test_nothing_and_no_finite_estimate_are_refused() -> None:
    with pytest.raises(InputError, match="no example"):
        evaluate_numbers(np.zeros(0), np.zeros(0), training_mean=0.0)
    with pytest.raises(InputError, match="the estimate of example 2 is nan"):
        evaluate_numbers(np.array([0.0, math.nan]), np.zeros(2), training_mean=0.0)
