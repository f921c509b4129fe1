from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF, TER

from dragoman.evaluation import confidence
from dragoman.evaluation.bleu import bleu_statistics
from dragoman.evaluation.chrf import chrf_statistics
from dragoman.evaluation.confidence import estimates, percentile_interval, resampled_sums
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.evaluation.ter import ter_statistics


def mean_of(values: np.ndarray) -> SentenceStatistics:
    """A metric whose score is the mean of one number per sentence."""
    counts = np.stack([values, np.ones(len(values))], axis=1).astype(float)
    return SentenceStatistics("mean", "none", counts, lambda sums: float(sums[0] / sums[1]))


def test_the_bootstrap_agrees_with_sacrebleus_own(corpus, monkeypatch):
    monkeypatch.setenv("SACREBLEU_SEED", "12345")
    outputs, references = corpus(150, wrong=0.3)
    statistics = [
        bleu_statistics(outputs, references, "de"),
        chrf_statistics(outputs, references),
        ter_statistics(outputs, references),
    ]
    for found, metric in zip(estimates(statistics), (BLEU(), CHRF(word_order=2), TER()), strict=True):
        theirs = metric.corpus_score(outputs, [references], n_bootstrap=1000)
        # Theirs takes the 26th value from both ends and reports half the distance; ours interpolates percentiles.
        assert (found.high - found.low) / 2 == pytest.approx(theirs._ci, rel=0.02)
        assert (found.high + found.low) / 2 == pytest.approx(theirs._mean, abs=0.1 * float(theirs._ci))
        assert found.value == pytest.approx(theirs.score)


def test_the_interval_of_a_mean_is_that_of_the_normal_approximation():
    values = np.random.default_rng(3).integers(0, 100, size=2000)
    (found,) = estimates([mean_of(values)], resamples=4000)
    error = values.std() / np.sqrt(len(values))
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_the_interval_covers_the_truth_19_times_in_20():
    # 300 samples of a coin with probability 0.3: coverage 0.95 has standard error 0.013.
    generator = np.random.default_rng(7)
    covered = 0
    for seed in range(300):
        (found,) = estimates([mean_of(generator.random(200) < 0.3)], resamples=300, seed=seed)
        covered += found.low <= 0.3 <= found.high
    assert 0.90 <= covered / 300 <= 0.985


def test_metrics_share_their_resamples():
    values = np.random.default_rng(0).integers(0, 9, size=50)
    alone, twice = mean_of(values), mean_of(2 * values)
    first, second = estimates([alone, twice], resamples=100)
    assert (second.low, second.high) == pytest.approx((2 * first.low, 2 * first.high))
    assert estimates([alone], resamples=100) == [first]


def test_the_seed_decides():
    metric = mean_of(np.random.default_rng(0).integers(0, 99, size=50))
    assert estimates([metric], seed=1) == estimates([metric], seed=1)
    assert estimates([metric], seed=1) != estimates([metric], seed=2)


def test_each_resample_draws_as_many_sentences_as_there_are():
    sums = resampled_sums(np.ones((37, 1)), resamples=20)
    assert sums.tolist() == [[37.0]] * 20


def test_drawing_in_small_pieces_gives_the_same(monkeypatch):
    counts = np.random.default_rng(0).integers(0, 50, size=(31, 4)).astype(float)
    whole = resampled_sums(counts, resamples=50)
    monkeypatch.setattr(confidence, "DRAWS_AT_ONCE", 100)
    assert np.array_equal(resampled_sums(counts, resamples=50), whole)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40), st.integers(1, 60))
def test_resamples_stay_between_the_extremes(values, resamples):
    (found,) = estimates([mean_of(np.array(values))], resamples=resamples)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_percentiles_cut_a_fortieth_at_each_end():
    low, high = percentile_interval(np.arange(1001.0))
    assert (low, high) == pytest.approx((25, 975))
