"""Minimum Bayes risk: the fast form equals the naive one, which asks sacreBLEU for each pair."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from dragoman.contracts import Beam, Ending, MinimumBayesRisk, Sample, Utility
from dragoman.evaluation.utility import utilities
from dragoman.predict.minimum_bayes_risk import minimum_bayes_risk
from dragoman.predict.translation import Translation

NAIVE = {
    Utility.CHRF: CHRF(word_order=2),
    Utility.BLEU: BLEU(effective_order=True),
}
WORDS = st.lists(st.sampled_from(["a", "cat", "cats", "sat,", "(on)", "mat.", "!", "über", "3.5"]), max_size=9)
TEXTS = st.lists(WORDS.map(" ".join), min_size=1, max_size=7)


@pytest.mark.parametrize("utility", Utility)
@settings(max_examples=25, deadline=None)
@example(["", "a"])
@example(["a cat sat on a mat", "a cat sat on the mat.", "cat"])
@given(TEXTS)
def test_utilities_are_those_of_each_pair(utility: Utility, texts: list[str]) -> None:
    naive = [[NAIVE[utility].sentence_score(text, [other]).score for other in texts] for text in texts]
    assert np.allclose(utilities(texts, utility, "en"), naive, rtol=0, atol=1e-9)


def found(text: str, log_probability: float = -1.0, ending: Ending = Ending.COMPLETE, kept: bool = True) -> Translation:
    return Translation(text, log_probability, log_probability, ending, 3, placeholders_kept=kept)


def naive_choice(candidates: list[Translation], method: MinimumBayesRisk) -> tuple[str, float]:
    """The first candidate with the highest expected utility, pair by pair, with repeated candidates as they are."""
    weights = [1.0 if isinstance(method.search, Sample) else math.exp(each.log_probability) for each in candidates]
    score = NAIVE[method.utility].sentence_score
    expected = [
        sum(weight * score(each.text, [other.text]).score for weight, other in zip(weights, candidates, strict=True))
        / sum(weights)
        for each in candidates
    ]
    best = max(round(value, 9) for value in expected)
    return next((each.text, best) for each, value in zip(candidates, expected, strict=True) if round(value, 9) == best)


@pytest.mark.parametrize("search", [Sample(), Beam(9)])
@settings(max_examples=25, deadline=None)
@given(TEXTS, st.sampled_from(Utility), st.integers(0, 99))
def test_the_choice_is_that_of_the_naive_form(
    search: Sample | Beam, texts: list[str], utility: Utility, seed: int
) -> None:
    chances = np.random.default_rng(seed).uniform(-9, 0, len(texts)).round(1)
    candidates = [found(text, chance) for text, chance in zip(texts, chances.tolist(), strict=True)]
    method = MinimumBayesRisk(search, len(texts), utility)
    chosen = minimum_bayes_risk(candidates, method, "en")
    text, expected = naive_choice(candidates, method)
    assert chosen[0].score == pytest.approx(expected, abs=1e-6)
    if len(chosen) == 1 or chosen[0].score - chosen[1].score > 1e-6:
        assert chosen[0].text == text
    assert [each.text for each in chosen] == list(dict.fromkeys(each.text for each in chosen))
    assert [each.score for each in chosen] == sorted((each.score for each in chosen), reverse=True)


def test_ties_cuts_and_lost_placeholders() -> None:
    method = MinimumBayesRisk(Sample(), 4)
    assert [each.text for each in minimum_bayes_risk([found("ab"), found("cd")], method, "en")] == ["ab", "cd"]
    cut = [found("long long long", ending=Ending.LENGTH)] * 3
    assert minimum_bayes_risk([*cut, found("x")], method, "en")[0].text == "x"
    assert minimum_bayes_risk([*cut, found("x")], method, "en")[0].score == 100
    assert minimum_bayes_risk(cut, method, "en")[0].ending is Ending.LENGTH
    lost = [found("a b c", kept=False)] * 3
    assert minimum_bayes_risk([*lost, found("a b")], method, "en")[0].text == "a b"
    assert minimum_bayes_risk([found("x", ending=Ending.LENGTH), found("x")], method, "en")[0].ending is Ending.COMPLETE


def test_of_an_n_best_list_each_counts_by_its_probability() -> None:
    listed = [found("a cat", -0.1), found("the dog", -3.0), found("the dogs", -3.0)]
    by_rank = MinimumBayesRisk(Beam(3), 3)
    assert minimum_bayes_risk(listed, by_rank, "en")[0].text == "a cat"
    assert minimum_bayes_risk(listed, MinimumBayesRisk(Sample(), 3), "en")[0].text == "the dogs"
