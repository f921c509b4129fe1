"""Statistics of all assignments at once equal those of slow references, one assignment at a time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score

from dragoman.shift.classifier_test import classifier_test, folds_of
from dragoman.shift.holm import holm
from dragoman.shift.kolmogorov_smirnov import kolmogorov_smirnov
from dragoman.shift.logistic_regression import fit_logistic_regression
from dragoman.shift.mean_discrepancy import BLOCK, WIDTHS, mean_discrepancies
from dragoman.shift.permutations import memberships, p_value, p_values


def standard(values: np.ndarray) -> np.ndarray:
    return ((values - values.mean(axis=0)) / values.std(axis=0)).astype(np.float32)


@pytest.mark.parametrize(("old", "new"), [(40, 40), (60, 8)])
def test_every_classifier_equals_one_that_is_fitted_alone(old: int, new: int) -> None:
    generator = np.random.default_rng(old)
    values = generator.normal(size=(old + new, 5))
    values[old:] += [1.5, 0, 0, 0, -1.0]
    values = standard(values)
    members = memberships(old, new, 12)
    folds = folds_of(np.arange(old + new), generator)
    found = classifier_test(values, members, folds)
    for row, is_new in enumerate(members):
        won = pairs = 0.0
        scores = np.empty(old + new)
        for fold in range(5):
            held = folds == fold
            scores[held] = fit_logistic_regression(values[~held], is_new[~held], ridge=5 / 4).logits(values[held])
            if (of_both := is_new[held].sum() * (~is_new[held]).sum()) > 0:
                won += roc_auc_score(is_new[held], scores[held]) * of_both
                pairs += of_both
        assert found.areas[row] == pytest.approx(won / pairs, abs=0.01)
        if row == 0:
            np.testing.assert_allclose(found.scores, scores, atol=0.02 * np.abs(scores).max())


def test_mean_discrepancies_equal_their_definition() -> None:
    values = standard(np.random.default_rng(1).normal(size=(30, 3)) ** 3)
    members = memberships(18, 12, 4)
    median = np.median(pdist(values))
    found = mean_discrepancies(values, members)
    for is_new, of_widths in zip(members, found, strict=True):
        for width, discrepancy in zip(WIDTHS, of_widths, strict=True):
            sums = {(a, b): 0.0 for a in (False, True) for b in (False, True)}
            for i, a in enumerate(is_new):
                for j, b in enumerate(is_new):
                    if i != j:
                        distance = ((values[i] - values[j]) ** 2).sum()
                        sums[bool(a), bool(b)] += np.exp(-distance / (2 * (width * median) ** 2))
            expected = sums[True, True] / (12 * 11) + sums[False, False] / (18 * 17) - 2 * sums[True, False] / (12 * 18)
            assert discrepancy == pytest.approx(expected, abs=1e-6)


def test_mean_discrepancies_do_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    values = standard(np.random.default_rng(1).normal(size=(70, 3)))
    members = memberships(40, 30, 5)
    assert len(values) < BLOCK
    at_once = mean_discrepancies(values, members)
    monkeypatch.setattr("dragoman.shift.mean_discrepancy.BLOCK", 16)
    np.testing.assert_allclose(mean_discrepancies(values, members), at_once, atol=1e-6)


def test_kolmogorov_smirnov_equals_scipy_also_with_equal_values() -> None:
    values = np.random.default_rng(1).normal(size=(50, 3))
    values[:, 1] = values[:, 1].round()
    values[:, 2] = 7.0
    members = memberships(35, 15, 6)
    found = kolmogorov_smirnov(values, members)
    for is_new, statistics in zip(members, found, strict=True):
        expected = [ks_2samp(column[is_new], column[~is_new]).statistic for column in values.T]
        np.testing.assert_allclose(statistics, expected)


def test_holm_as_by_hand() -> None:
    # 4 · 0.005 = 0.02; 3 · 0.01 = 0.03; 2 · 0.04 = 0.08; 1 · 0.03 would be less than the one before it.
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])).max() == 1.0


def test_p_values_count_the_observed_assignment_and_what_equals_it_but_for_rounding() -> None:
    statistics = np.array([0.3, 0.1, 0.3 - 1e-12, 0.7])
    assert p_value(statistics) == 0.75
    assert p_values(statistics[:, None])[:, 0].tolist() == [0.75, 1.0, 0.75, 0.25]
    assert p_value(np.zeros(10)) == 1.0


def test_documents_are_permuted_whole() -> None:
    documents = np.array([5, 5, 9, 9, 9, 2, 2, 7, 7, 7, 7])
    members = memberships(5, 6, 50, documents=documents)
    assert members[0].tolist() == [False] * 5 + [True] * 6
    assert len({tuple(row) for row in members}) > 3
    for document in np.unique(documents):
        of_it = members[:, documents == document]
        assert (of_it.all(axis=1) | ~of_it.any(axis=1)).all()
    assert set(members.sum(axis=1)) <= {4 + 2, 2 + 3, 4 + 3, 2 + 2}
    with pytest.raises(ValueError, match="both old and new"):
        memberships(2, 2, documents=np.array([0, 1, 1, 2]))
    assert (memberships(5, 6, 50).sum(axis=1) == 6).all()
