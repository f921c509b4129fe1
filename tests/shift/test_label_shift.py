"""Shares of classes: planted ones are found, nothing is found where there is nothing, and reasons to abstain."""

from __future__ import annotations

import numpy as np
import pytest

from dragoman.shift.black_box_shift import confusion_by_column, one_hot, solved_shares
from dragoman.shift.expectation_maximisation import maximum_likelihood_shares
from dragoman.shift.label_calibration import fit_label_calibration
from dragoman.shift.label_shift import label_shift
from dragoman.shift.observed_shares import observed_label_shift
from dragoman.shift.shares_test import shares_test
from dragoman.shift.softmax_classifier import cross_fitted_probabilities, fit_softmax_classifier

OLD = np.array([0.1, 0.2, 0.3, 0.4])
NEW = np.array([0.55, 0.25, 0.15, 0.05])


def sampled(count, shares, generator, *, sharpness=1.0, bias=0.0, distance=2.0):
    """Classes by their shares, and the probabilities that a classifier gives them, whose logits are multiplied by
    ``sharpness`` and moved by ``bias``: it is calibrated for the old shares without these."""
    classes = generator.choice(len(shares), size=count, p=shares)
    inputs = distance * np.eye(len(shares))[classes] + generator.normal(size=(count, len(shares)))
    logits = sharpness * (distance * inputs + np.log(OLD)) + bias * np.arange(len(shares))
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    return probabilities / probabilities.sum(axis=1, keepdims=True), classes


@pytest.mark.parametrize(("sharpness", "bias"), [(1.0, 0.0), (2.5, 0.4)])
def test_planted_shares_are_found_also_by_a_classifier_that_is_too_sure(sharpness, bias):
    generator = np.random.default_rng(1)
    old, classes = sampled(1500, OLD, generator, sharpness=sharpness, bias=bias)
    new, _ = sampled(1500, NEW, generator, sharpness=sharpness, bias=bias)
    found = label_shift(old, classes, new, permutations=99, resamples=50)
    for estimate, most in ((found.likelihood, 0.04), (found.soft.estimate, 0.06), (found.hard.estimate, 0.09)):
        assert np.abs(estimate.shares - NEW).sum() / 2 < most
        assert estimate.shares.sum() == pytest.approx(1)
        assert (estimate.low - 0.03 <= NEW).all()
        assert (estimate.high + 0.03 >= NEW).all()
    assert found.p_value == 0.01
    assert found.reason == ""
    assert found.weights == pytest.approx(NEW / OLD, rel=0.25)


def test_without_calibration_the_likelihood_would_be_off():
    generator = np.random.default_rng(2)
    old, classes = sampled(2000, OLD, generator, sharpness=2.5, bias=0.8)
    new, _ = sampled(2000, NEW, generator, sharpness=2.5, bias=0.8)
    calibration = fit_label_calibration(old, classes)
    raw = maximum_likelihood_shares(new, OLD).shares
    mended = maximum_likelihood_shares(calibration(new), calibration(old).mean(axis=0)).shares
    assert np.abs(mended - NEW).sum() < np.abs(raw - NEW).sum() / 3


def test_a_matrix_of_joint_fractions_would_give_weights_for_shares():
    """The matrix p(predicted, true) in place of p(predicted | true) is off by several times the sampling error."""
    generator = np.random.default_rng(3)
    old, classes = sampled(2000, OLD, generator)
    new, _ = sampled(2000, NEW, generator)
    confusion = confusion_by_column(one_hot(old), classes)
    predicted = one_hot(new).mean(axis=0)
    by_column = np.abs(solved_shares(confusion, predicted) - NEW).sum() / 2
    joint = confusion * np.bincount(classes) / len(classes)
    literal = np.abs(solved_shares(joint, predicted) - NEW).sum() / 2
    assert by_column < 0.05
    assert literal > 0.15
    assert np.linalg.solve(joint, predicted) == pytest.approx(NEW / OLD, rel=0.2, abs=0.1)


def test_the_same_sample_again_has_the_same_shares():
    generator = np.random.default_rng(4)
    old, classes = sampled(800, OLD, generator, sharpness=1.5)
    found = label_shift(old, classes, old, permutations=19, resamples=20)
    assert found.p_value == 1
    # The prior of the calibration keeps the mean probabilities a trifle from the counts.
    assert found.likelihood.weights == pytest.approx(np.ones(4), abs=1e-2)
    assert found.soft.estimate.weights == pytest.approx(np.ones(4), abs=1e-6)
    assert found.hard.estimate.weights == pytest.approx(np.ones(4), abs=1e-6)


def test_renaming_classes_renames_the_result():
    generator = np.random.default_rng(5)
    old, classes = sampled(600, OLD, generator)
    new, _ = sampled(600, NEW, generator)
    order = np.array([2, 0, 3, 1])
    one = label_shift(old, classes, new, permutations=99, resamples=20)
    other = label_shift(old[:, order], np.argsort(order)[classes], new[:, order], permutations=99, resamples=20)
    assert other.p_value == one.p_value
    assert other.old_shares == pytest.approx(one.old_shares[order])
    for name in ("shares", "low", "high", "weights"):
        assert getattr(other.likelihood, name) == pytest.approx(getattr(one.likelihood, name)[order], abs=2e-3)
        assert getattr(other.soft.estimate, name) == pytest.approx(getattr(one.soft.estimate, name)[order])


def test_chance_is_called_a_shift_about_once_in_20_also_when_documents_resemble_each_other():
    generator = np.random.default_rng(6)
    called = {"examples": 0, "documents": 0, "documents as examples": 0}
    for seed in range(150):
        shares = generator.dirichlet(3 * OLD, size=60)
        of_documents = np.concatenate([np.eye(4)[generator.choice(4, 5, p=each)] for each in shares])
        documents = np.repeat(np.arange(30), 5)
        alone = np.eye(4)[generator.choice(4, 300, p=OLD)]
        known = {"old_documents": documents, "new_documents": documents}
        for name, values, given in (
            ("examples", alone, {}),
            ("documents", of_documents, known),
            ("documents as examples", of_documents, {}),
        ):
            p_value = shares_test(values[:150], values[150:], **given, permutations=99, seed=seed)
            called[name] += p_value <= 0.05
    # A rate of 0.05 has standard error 0.018.
    assert called["examples"] / 150 <= 0.11
    assert called["documents"] / 150 <= 0.11
    assert called["documents as examples"] / 150 > 0.2


def test_expectation_maximisation_reaches_the_maximum_and_says_so_if_it_does_not():
    generator = np.random.default_rng(7)
    new, _ = sampled(400, NEW, generator)
    found = maximum_likelihood_shares(new, OLD)

    def likelihood(shares):
        return np.log((new / OLD) @ shares).mean()

    assert found.converged
    others = generator.dirichlet(np.ones(4), size=200)
    nearby = 0.99 * found.shares + 0.01 * others
    assert max(map(likelihood, np.concatenate([others, nearby]))) <= likelihood(found.shares) + 1e-6
    # The gap bounds what is missing at every step.
    early = maximum_likelihood_shares(new, OLD, steps=3)
    assert not early.converged
    assert 0 < likelihood(found.shares) - likelihood(early.shares) <= early.gap


def test_it_abstains_and_says_why():
    generator = np.random.default_rng(8)
    old, classes = sampled(200, OLD, generator)
    names = ("a", "b", "c", "d")
    few = label_shift(old, classes, old[:12], names=names, permutations=9, resamples=5)
    assert few.weights is None
    assert "12 new examples" in few.reason
    assert "50 would do" in few.reason
    absent = label_shift(old, np.where(classes == 1, 0, classes), old, names=names, permutations=9, resamples=5)
    assert absent.weights is None
    assert "class b has no example" in absent.reason
    blind = np.full((200, 4), 0.25) + generator.normal(0, 1e-3, (200, 4))
    confused = label_shift(blind, classes, blind, permutations=9, resamples=5)
    assert confused.recommended is None
    assert confused.soft.condition > np.sqrt(200)
    assert "condition number" in confused.reason


def test_rare_classes_do_not_break_the_calibration():
    generator = np.random.default_rng(9)
    shares = np.array([0.004, 0.0, 0.396, 0.6])
    old, classes = sampled(500, shares, generator, distance=6.0)
    found = fit_label_calibration(old, classes)
    assert np.abs(found.biases).max() < 5
    assert 0 <= found.slope < 5
    assert np.isfinite(found(old)).all()


def test_known_classes_are_counted():
    generator = np.random.default_rng(10)
    old, new = generator.choice(4, 300, p=OLD), generator.choice(4, 300, p=NEW)
    found = observed_label_shift(old, new, 4, permutations=99, resamples=50)
    assert found.p_value == 0.01
    assert found.estimate.shares == pytest.approx(np.bincount(new, minlength=4) / 300)
    assert ((found.estimate.low <= found.estimate.shares) & (found.estimate.shares <= found.estimate.high)).all()
    assert observed_label_shift(old, old, 4, permutations=99, resamples=5).p_value == 1
    # A class that is new altogether has no weight.
    assert observed_label_shift(old[old > 0], new, 4, permutations=99, resamples=5).estimate.weights[0] == 0


def test_the_softmax_classifier_is_scikit_learns():
    linear_model = pytest.importorskip("sklearn.linear_model")
    generator = np.random.default_rng(11)
    values = generator.normal(size=(300, 4)) @ generator.normal(size=(4, 4))
    classes = (values @ generator.normal(size=(4, 3)) + generator.gumbel(size=(300, 3))).argmax(axis=1)
    standard = (values - values.mean(axis=0)) / values.std(axis=0)
    reference = linear_model.LogisticRegression(C=1.0, max_iter=5000, tol=1e-9).fit(standard, classes)
    ours = fit_softmax_classifier(values, classes, 3).probabilities(values)
    assert ours == pytest.approx(reference.predict_proba(standard), abs=2e-4)


def test_cross_fitted_probabilities_do_not_know_the_classes_that_they_predict():
    generator = np.random.default_rng(12)
    values, classes = generator.normal(size=(120, 40)), generator.integers(0, 2, 120)
    fitted = fit_softmax_classifier(values, classes, 2).probabilities(values)
    crossed = cross_fitted_probabilities(values, classes, 2)
    assert (fitted.argmax(axis=1) == classes).mean() > 0.7
    assert (crossed.argmax(axis=1) == classes).mean() < 0.65
    # Nor by another example of the same document.
    twice = cross_fitted_probabilities(
        np.repeat(values, 2, axis=0), np.repeat(classes, 2), 2, documents=np.repeat(np.arange(120), 2)
    )
    assert (twice.argmax(axis=1) == np.repeat(classes, 2)).mean() < 0.65
