from __future__ import annotations

import json

import numpy as np
import pytest

from dragoman.errors import InputError
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.evaluation.significance import compare_translations, paired_bootstrap


def mean_of(values: np.ndarray) -> SentenceStatistics:
    counts = np.stack([values, np.ones(len(values))], axis=1).astype(float)
    return SentenceStatistics("mean", "none", counts, lambda sums: float(sums[0] / sums[1]))


def test_a_system_against_itself_is_no_difference(corpus):
    outputs, references = corpus(60, wrong=0.3)
    for found in compare_translations(outputs, outputs, references, target_language="de", resamples=200):
        assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_a_much_better_system_is_significant_and_p_is_the_least_possible(corpus):
    worse, references = corpus(150, wrong=0.5, seed=1)
    better, _ = corpus(150, wrong=0.1, seed=2)
    bleu, chrf, ter = compare_translations(worse, better, references, target_language="de", resamples=300)
    assert [found.metric for found in (bleu, chrf, ter)] == ["BLEU", "chrF2++", "TER"]
    assert bleu.low > 0
    assert chrf.low > 0
    assert ter.high < 0
    assert all(found.p_value == pytest.approx(1 / 301) for found in (bleu, chrf, ter))


def test_changing_sides_changes_the_sign_only(corpus):
    one, references = corpus(80, wrong=0.3, seed=1)
    two, _ = corpus(80, wrong=0.35, seed=2)
    forth = compare_translations(one, two, references, target_language="de", resamples=200)
    back = compare_translations(two, one, references, target_language="de", resamples=200)
    for there, here in zip(forth, back, strict=True):
        assert here.difference == pytest.approx(-there.difference)
        assert (here.low, here.high) == pytest.approx((-there.high, -there.low))
        assert here.p_value == there.p_value


def test_chance_is_called_significant_about_once_in_20():
    # 400 pairs of equally good systems: a rate of 0.05 has standard error 0.011.
    generator = np.random.default_rng(5)
    called = 0
    for seed in range(400):
        hardness = generator.integers(0, 50, size=100)
        one, two = (mean_of(hardness + generator.integers(0, 10, size=100)) for _ in range(2))
        called += paired_bootstrap(one, two, resamples=199, seed=seed).p_value <= 0.05
    assert 0.02 <= called / 400 <= 0.09


def test_pairing_finds_what_hard_sentences_would_hide():
    # The second is better by 1 on nearly every sentence, while sentences differ by hundreds.
    generator = np.random.default_rng(5)
    hardness = generator.integers(0, 1000, size=200)
    found = paired_bootstrap(mean_of(hardness), mean_of(hardness + (generator.random(200) < 0.9)))
    assert 0.8 < found.low <= found.difference <= found.high <= 1
    assert found.p_value < 0.01


def test_p_is_never_zero_and_never_above_one():
    values = np.arange(10)
    for shift in (0, 1, 100):
        p_value = paired_bootstrap(mean_of(values), mean_of(values + shift * (values > 2)), resamples=50).p_value
        assert 1 / 51 <= p_value <= 1


def test_a_comparison_can_be_written_as_json(corpus):
    outputs, references = corpus(10, wrong=0.3)
    found = compare_translations(outputs, references, references, target_language="de", resamples=20)
    assert json.loads(json.dumps([part.to_dict() for part in found], allow_nan=False))[0]["metric"] == "BLEU"


def test_the_second_side_is_checked_too():
    with pytest.raises(InputError):
        compare_translations(["a"], ["a", "b"], ["a"], target_language="de")
