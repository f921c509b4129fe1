"""Labels: known answers by hand, and scikit-learn's where it is installed."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import InputError
from dragoman.evaluation.calibration import HIGHEST, expected_calibration_error, fit_temperature, reliability
from dragoman.evaluation.classification import (
    class_scores,
    classification_statistics,
    confusion_matrix,
    macro_f1,
    macro_f1_estimate,
)
from dragoman.evaluation.classification_report import evaluate_labels
from dragoman.evaluation.confidence import estimates
from dragoman.evaluation.significance import paired_bootstrap

TRUE = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 0, 1])
NAMES = ("a", "b", "c", "d")


def drawn(examples: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are calibrated: the label is drawn from their softmax."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (examples, classes))
    # The largest of logits with Gumbel noise is a draw from their softmax.
    return logits, (logits + generator.gumbel(size=logits.shape)).argmax(axis=1)


def test_the_confusion_matrix_and_the_scores_by_hand() -> None:
    confusion = confusion_matrix(PREDICTED, TRUE, 4)
    assert confusion.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    a, b, c, d = class_scores(confusion, NAMES)
    assert (a.support, a.predicted, a.precision, a.recall, a.f1) == (3, 3, 2 / 3, 2 / 3, 2 / 3)
    assert (b.support, b.predicted, b.precision, b.recall) == (2, 3, 1 / 3, 1 / 2)
    assert b.f1 == pytest.approx(0.4)
    assert (c.support, c.predicted, c.precision, c.recall, c.f1) == (1, 0, 0, 0, 0)
    assert (d.support, d.predicted, d.f1) == (0, 0, 0)
    assert macro_f1(confusion) == pytest.approx((2 / 3 + 0.4 + 0) / 3)


@given(st.integers(2, 6), st.integers(1, 60), st.integers(0, 99))
def test_scores_are_scikit_learns(classes: int, examples: int, seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(seed)
    true, predicted = generator.integers(0, classes, (2, examples))
    confusion = confusion_matrix(predicted, true, classes)
    assert (confusion == metrics.confusion_matrix(true, predicted, labels=range(classes))).all()
    assert macro_f1(confusion) == pytest.approx(metrics.f1_score(true, predicted, average="macro", zero_division=0))


def test_the_interval_of_macro_f1_is_that_of_drawing_examples() -> None:
    logits, true = drawn(400, 4)
    predicted = logits.argmax(axis=1)
    found = macro_f1_estimate(predicted, true, 5)
    assert found.value == pytest.approx(100 * macro_f1(confusion_matrix(predicted, true, 5)))
    generator = np.random.default_rng(1)
    rows = generator.integers(0, 400, (1000, 400))
    slow = [100 * macro_f1(confusion_matrix(predicted[r], true[r], 5)) for r in rows]
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(slow, [2.5, 97.5])), abs=0.7)


def test_accuracy_can_be_tested_for_significance() -> None:
    true = np.arange(300) % 3
    worse = np.where(np.arange(300) % 4 == 0, (true + 1) % 3, true)
    first, second = classification_statistics(worse, true), classification_statistics(true, true)
    assert estimates([first])[0].value == pytest.approx(75)
    found = paired_bootstrap(first, second)
    assert found.difference == pytest.approx(25)
    assert found.p_value < 0.01


def test_calibration_by_hand() -> None:
    confidence = np.array([0.55, 0.65, 0.95, 0.95, 1.0, 0.0])
    right = np.array([True, False, True, False, True, False])
    bins = reliability(confidence, right, bins=10)
    assert [(part.low, part.high, part.examples) for part in bins] == [
        (0, 0.1, 1),
        (0.5, 0.6, 1),
        (0.6, 0.7, 1),
        (0.9, 1, 3),
    ]
    assert bins[3].accuracy == pytest.approx(2 / 3)
    assert bins[3].confidence == pytest.approx(2.9 / 3)
    assert expected_calibration_error(bins) == pytest.approx((0.45 + 0.65 + 0.9) / 6)


def test_an_edge_belongs_to_the_bin_below_it() -> None:
    assert [part.high for part in reliability(np.array([0.5]), np.array([True]), bins=2)] == [0.5]


def test_log_likelihood_and_brier_score_by_hand() -> None:
    probabilities = np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.2, 0.2, 0.6]])
    report = evaluate_labels(np.array([0, 1, 2]), np.array([0, 1, 0]), ("a", "b", "c"), probabilities=probabilities)
    assert report.nats is not None
    assert report.brier is not None
    assert report.nats.value == pytest.approx((math.log(2) + 0 + math.log(5)) / 3)
    assert report.brier.value == pytest.approx((0.25 + 0.125 + 0 + 0.64 + 0.04 + 0.36) / 3)
    assert report.calibration_error == pytest.approx((0.5 + 0 + 0.6) / 3)


def test_a_certain_mistake_costs_much_and_not_everything() -> None:
    report = evaluate_labels(np.array([1]), np.array([0]), ("a", "b"), probabilities=np.array([[0.0, 1.0]]))
    assert report.nats is not None
    assert 20 < report.nats.value < 40


@pytest.mark.parametrize("temperature", [0.25, 1.0, 3.0])
def test_the_temperature_that_labels_were_drawn_with_is_found(temperature: float) -> None:
    logits, labels = drawn(4000, 5)
    found = fit_temperature(temperature * logits, labels)
    assert found == pytest.approx(temperature, rel=0.1)


def test_no_other_temperature_makes_the_labels_more_likely() -> None:
    logits, labels = drawn(200, 3)
    logits *= 7

    def nats(temperature: float) -> float:
        scaled = logits / temperature
        return float((np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(200), labels]).mean())

    found = fit_temperature(logits, labels)
    assert all(nats(found) < nats(found * factor) for factor in (0.9, 0.999, 1.001, 1.1))


def test_the_temperature_stays_within_its_bounds() -> None:
    logits, labels = drawn(100, 3)
    assert fit_temperature(logits, logits.argmax(axis=1)) == 1
    assert fit_temperature(logits, logits.argmin(axis=1)) == pytest.approx(HIGHEST, rel=1e-3)
    assert 0.05 <= fit_temperature(1e-9 * logits, labels) <= 0.051
    assert fit_temperature(1e9 * logits, labels) == pytest.approx(HIGHEST, rel=1e-3)
    assert fit_temperature(np.zeros((9, 3)), np.zeros(9, dtype=np.int64)) == 1


def test_what_is_said() -> None:
    report = evaluate_labels(PREDICTED, TRUE, NAMES)
    assert (report.accuracy.count, report.accuracy.total) == (3, 6)
    assert report.most_frequent[0] == "a"
    assert (report.nats, report.brier, report.calibration_error, report.reliability) == (None, None, None, ())
    text = report.as_text()
    assert "6 examples, 4 classes" in text
    assert "Always saying `a`, the most frequent class here, would be right in 50.0 %." in text
    assert "1 class without an example here." in text
    content = json.loads(json.dumps(report.to_dict()))
    assert content["confusion"] == [[0, 0, 2], [0, 1, 1], [1, 0, 1], [1, 1, 1], [2, 1, 1]]
    assert content["classes"][0]["name"] == "a"
    assert content["most_frequent"]["value"] == 0.5


def test_of_many_classes_the_worst_are_said() -> None:
    true = np.repeat(np.arange(100), 5)
    predicted = true.copy()
    predicted[true == 70] = 71
    text = evaluate_labels(predicted, true, [f"class-{number}" for number in range(100)]).as_text()
    assert "80 more are not shown" in text
    assert len(text.splitlines()) < 50
    assert "class-70" in text.splitlines()[-1]


def test_no_example_is_refused() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    with pytest.raises(InputError, match="no example"):
        evaluate_labels(nothing, nothing, NAMES)
