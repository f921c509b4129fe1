"""Covariate shift is found where it was planted, as often as α says where it was not, and bad input is named."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from dragoman.errors import InputError
from dragoman.shift.covariate import CovariateShift, covariate_shift
from dragoman.shift.power import estimated_power

NAMES = ("length", "capitals", "state 1", "state 2")


def shift_of(old: np.ndarray, new: np.ndarray, **options: object) -> CovariateShift:
    return covariate_shift(old, new, NAMES[: old.shape[1]], **{"permutations": 59, **options})  # type: ignore[arg-type]


def all_p(shift: CovariateShift) -> list[float]:
    return [shift.p_value, shift.classifier_p, shift.discrepancy_p, shift.features_p]


def test_without_a_shift_it_is_rejected_as_often_as_the_level_says() -> None:
    """Skewed features, one of them a number of few values, samples of unequal size; the full size is a benchmark."""
    found = []
    for trial in range(200):
        values = np.random.default_rng([trial, 1]).normal(size=(60, 3)) ** 3
        values[:, 0] = values[:, 0].round()
        found.append(all_p(shift_of(values[:36], values[36:], seed=trial)))
    for rate in (np.array(found) <= 0.05).sum(axis=0):
        assert binom.ppf(5e-4, 200, 0.05) <= rate <= binom.ppf(1 - 5e-4, 200, 0.05)


def test_sentences_of_one_document_are_no_shift_if_documents_are_permuted() -> None:
    documents = np.arange(60) // 5
    by_document, by_sentence = [], []
    for trial in range(80):
        generator = np.random.default_rng([trial, 2])
        values = generator.normal(size=(120, 3)) + 1.5 * generator.normal(size=(24, 3))[np.arange(120) // 5]
        old, new = values[:60], values[60:]
        known = shift_of(old, new, old_documents=documents, new_documents=documents, seed=trial)
        assert (known.old_documents, known.new_documents) == (12, 12)
        by_document.append(known.p_value <= 0.05)
        by_sentence.append(shift_of(old, new, seed=trial).p_value <= 0.05)
    assert sum(by_document) <= binom.ppf(0.999, 80, 0.05)
    assert sum(by_sentence) >= 40


def test_a_planted_shift_is_found_with_its_feature_and_its_examples() -> None:
    generator = np.random.default_rng(3)
    old, new = generator.normal(size=(200, 4)), generator.normal(size=(80, 4))
    new[::4, 1] += 6
    shift = shift_of(old * [10, 1, 1, 1], new * [10, 1, 1, 1], permutations=199)
    assert shift.discrepancy_p == 0.005
    assert shift.p_value < 0.05
    assert 0.55 < shift.area < 0.75
    first = shift.most_different[0]
    assert (first.name, first.p_value, first.holm) == ("capitals", 0.005, 0.02)
    assert first.new_mean - first.old_mean == pytest.approx(new[:, 1].mean() - old[:, 1].mean())
    assert first.difference == pytest.approx((first.new_mean - first.old_mean) / np.r_[old, new][:, 1].std())
    assert min(feature.holm for feature in shift.features if feature is not first) > 0.05
    assert set(shift.most_foreign[:20]) == set(range(0, 80, 4))
    everything = shift_of(old, new + 9)
    assert everything.area == 1.0


def test_units_of_features_do_not_matter() -> None:
    generator = np.random.default_rng(4)
    old, new = generator.normal(size=(50, 3)), generator.normal(0.3, 1, size=(30, 3))
    scale, offset = np.array([1000.0, 0.001, 2.0]), np.array([5.0, -3.0, 100.0])
    one, other = shift_of(old, new), shift_of(old * scale + offset, new * scale + offset)
    assert all_p(one) == all_p(other)
    np.testing.assert_allclose(one.scores, other.scores, atol=1e-3)


def test_a_change_of_spread_is_seen_although_no_linear_rule_sees_it() -> None:
    generator = np.random.default_rng(5)
    shift = shift_of(generator.normal(size=(150, 4)), 2 * generator.normal(size=(150, 4)))
    assert shift.discrepancy_p < 0.02
    assert 0.35 < shift.area < 0.65


def test_documents_of_one_side_leave_one_example_of_each() -> None:
    generator = np.random.default_rng(6)
    shift = shift_of(generator.normal(size=(50, 2)), generator.normal(size=(90, 2)), new_documents=np.arange(90) // 3)
    assert (shift.old, shift.new, shift.old_documents, shift.new_documents) == (50, 30, None, None)
    assert "One example of each of the 30 new documents" in shift.notes[0]
    assert len(shift.scores) == 90


@pytest.mark.parametrize("with_documents", [False, True])
def test_of_many_examples_some_are_drawn_and_all_are_scored(
    monkeypatch: pytest.MonkeyPatch, with_documents: bool
) -> None:
    monkeypatch.setattr("dragoman.shift.samples.MOST_EXAMPLES", 40)
    generator = np.random.default_rng(7)
    old, new = generator.normal(size=(30, 2)), generator.normal(size=(300, 2))
    new[100:] += 5
    documents = {"old_documents": np.arange(30) // 3, "new_documents": np.arange(300) // 4} if with_documents else {}
    shift = shift_of(old, new, **documents)
    assert (shift.old, shift.new) == (30, 40)
    assert "drawn at random" in shift.notes[0]
    assert shift.scores[100:].mean() > shift.scores[:100].mean() + 1


def test_constant_features_are_left_out_and_named() -> None:
    values = np.random.default_rng(8).normal(size=(50, 3))
    values[:, 1] = 0.1
    shift = shift_of(values[:25], values[25:])
    assert [feature.name for feature in shift.features] == ["length", "state 1"]
    assert shift.notes == ("Left out, since they never vary: capitals.",)
    with pytest.raises(InputError, match="every feature has the same value"):
        shift_of(np.ones((30, 2)), np.ones((30, 2)))


def test_many_features_with_few_permutations_are_said() -> None:
    values = np.random.default_rng(9).normal(size=(50, 30))
    shift = covariate_shift(values[:25], values[25:], [str(i) for i in range(30)], permutations=99)
    assert "no corrected p-value of a feature can be below 0.30; 599 permutations would do" in shift.notes[0]


def test_bad_samples_are_named_with_what_would_do() -> None:
    values = np.random.default_rng(10).normal(size=(60, 2))
    with pytest.raises(InputError, match=r"there are 7 new examples: too few.*\n.*at least 20 new examples"):
        shift_of(values, values[:7])
    with pytest.raises(InputError, match="there are 0 old examples"):
        shift_of(values[:0], values)
    many, few = np.arange(60), np.arange(60) // 30
    with pytest.raises(InputError, match=r"there are 2 new documents: too few.*\n.*at least 6 new documents"):
        shift_of(values, values, old_documents=many, new_documents=few)
    with pytest.raises(InputError, match="there are 2 new documents, of which one example each can be compared"):
        shift_of(values, values, new_documents=few)
    broken = values.copy()
    broken[3, 1] = np.nan
    with pytest.raises(InputError, match="feature “capitals” of new example 4 is nan"):
        shift_of(values, broken)


def test_power_falls_with_the_shift_and_rises_with_its_size() -> None:
    generator = np.random.default_rng(11)
    old, new = generator.normal(size=(120, 3)), generator.normal(0.7, 1, size=(60, 3))
    power = estimated_power(old, new)
    assert power is not None
    assert power.seen > 0.9 > power.half > 0.2
    assert power.sentence().startswith("At 60 new examples a shift half this size would be missed in about ")
    none = estimated_power(old, old[::-1][:60] + 1e-3 * new)
    assert none is not None
    assert none.half < 0.3
    documents = np.arange(120) // 10, np.arange(60) // 5
    by_document = estimated_power(old, new, old_documents=documents[0], new_documents=documents[1])
    assert by_document is not None
    assert (by_document.old, by_document.new, by_document.by_document) == (12, 12, True)
    few = documents[0], np.arange(60) // 10
    assert estimated_power(old, new, old_documents=few[0], new_documents=few[1]) is None
