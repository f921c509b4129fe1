"""The ratio of densities of new and old examples, against known ratios and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as Reference

from dragoman.shift.density_ratio import density_ratio
from dragoman.shift.logistic_regression import fit_logistic_regression


@pytest.mark.parametrize("ridge", [100.0, 1.0, 1e-3])
def test_the_regression_is_that_of_scikit_learn(ridge: float) -> None:
    generator = np.random.default_rng(3)
    values = generator.normal(size=(300, 6))
    positive = values[:, 0] + generator.logistic(size=300) > 0.5
    found = fit_logistic_regression(values, positive, ridge=ridge)
    # Its default solver stops early unless it is told otherwise.
    reference = Reference(C=1 / ridge, solver="newton-cholesky", tol=1e-10, max_iter=1000).fit(values, positive)
    np.testing.assert_allclose(found.coefficients, reference.coef_[0], atol=1e-5)
    np.testing.assert_allclose(found.intercept, reference.intercept_[0], atol=1e-5)


def test_classes_that_lie_apart_are_fitted_too() -> None:
    """Without the ridge the coefficients would grow without end, and a full Newton step overshoots."""
    values = np.concatenate([np.full((50, 1), -40.0), np.full((3, 1), 60.0)])
    positive = values[:, 0] > 0
    found = fit_logistic_regression(values, positive, ridge=1e-4)
    reference = Reference(C=1e4, solver="newton-cholesky", tol=1e-10, max_iter=1000).fit(values, positive)
    assert np.isfinite(found.coefficients).all()
    np.testing.assert_allclose(found.logits(values), reference.decision_function(values), rtol=1e-4)


def test_a_start_elsewhere_changes_nothing() -> None:
    generator = np.random.default_rng(4)
    values, positive = generator.normal(size=(100, 3)), generator.random(100) < 0.3
    plain = fit_logistic_regression(values, positive, ridge=1.0)
    warm = fit_logistic_regression(
        values, positive, ridge=1.0, start=fit_logistic_regression(3 * values, ~positive, ridge=0.01)
    )
    np.testing.assert_allclose(warm.coefficients, plain.coefficients, atol=1e-6)


@pytest.mark.parametrize("new_count", [600, 3000])
def test_a_shifted_mean_has_a_linear_ratio_whatever_the_numbers_of_examples(new_count: int) -> None:
    generator = np.random.default_rng(5)
    shift = np.array([1.0, 0.0, -0.5])
    old, new = generator.normal(size=(3000, 3)), generator.normal(size=(new_count, 3)) + shift
    found = density_ratio(old, new)
    true = old @ shift - shift @ shift / 2
    assert np.abs(found.old - true).mean() < 0.15
    assert np.abs(found.log_ratio(old) - true).mean() < 0.15
    assert found.held_out_loss < 0.95 * found.constant_loss


def test_a_smaller_spread_has_squares_in_its_ratio() -> None:
    generator = np.random.default_rng(6)
    old, new = generator.normal(size=(3000, 1)), 0.5 * generator.normal(size=(3000, 1))
    found = density_ratio(old, new)
    points = np.array([[0.0], [0.5], [1.0]])
    assert found.expansion.squares
    np.testing.assert_allclose(found.log_ratio(points), np.log(2) - 1.5 * points[:, 0] ** 2, atol=0.15)


def test_without_a_shift_all_ratios_are_near_one() -> None:
    generator = np.random.default_rng(7)
    found = density_ratio(generator.normal(size=(400, 20)), generator.normal(size=(300, 20)))
    assert np.abs(found.old).max() < 0.3
    assert found.held_out_loss == pytest.approx(found.constant_loss, abs=0.01)


def test_an_example_has_no_part_in_its_own_ratio() -> None:
    """More features than examples: a classifier that saw an example would always know it again."""
    generator = np.random.default_rng(8)
    found = density_ratio(generator.normal(size=(40, 100)), generator.normal(size=(40, 100)))
    assert np.mean(found.new) < 0.1
    assert np.mean(found.classifier.logits(found.expansion(generator.normal(size=(500, 100))))) < 0.5


def test_documents_stay_in_one_fold() -> None:
    """Each document has a place of its own, so that a classifier that saw half of it would know the other half."""
    generator = np.random.default_rng(9)
    documents = np.repeat(np.arange(40), 10)
    places = generator.normal(size=(40, 30))[documents]
    values = places + 0.01 * generator.normal(size=places.shape)
    whole = density_ratio(values[:200], values[200:], documents=documents)
    single = density_ratio(values[:200], values[200:])
    assert single.held_out_loss < 0.5 * single.constant_loss
    assert whole.held_out_loss > 0.9 * whole.constant_loss


def test_a_feature_that_never_varies_and_a_wild_value_do_no_harm() -> None:
    generator = np.random.default_rng(10)
    old, new = generator.normal(size=(500, 2)), generator.normal(size=(500, 2)) + 1
    plain = density_ratio(old, new)
    constant = density_ratio(np.c_[old, np.full(500, 7.0)], np.c_[new, np.full(500, 7.0)])
    np.testing.assert_allclose(constant.old, plain.old, atol=1e-6)
    old[0, 0] = 1e30
    assert np.isfinite(density_ratio(old, new).old).all()


def test_one_example_is_too_few() -> None:
    with pytest.raises(ValueError, match="too few"):
        density_ratio(np.zeros((1, 2)), np.zeros((5, 2)))
