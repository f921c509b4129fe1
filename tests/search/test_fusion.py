"""Shallow fusion: the best output is the best by the weighted sum of both models' log-probabilities."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.contracts import Beam
from dragoman.errors import UnsupportedError
from dragoman.search.beam import beam_search
from dragoman.search.fusion import FusedState, FusedStep
from dragoman.search.greedy import greedy_search
from dragoman.search.length_penalty import LengthPenalty
from dragoman.search.repetition import NO_RULE
from dragoman.search.rules import SearchRules
from dragoman.search.scores import unnormalized

sys.path.insert(0, str(Path(__file__).parent))
from markov import END, START, Markov

V = 4


def fused(model: Markov, language_model: Markov, weight: float, width: int, limit: int = 3):
    state = FusedState(model.start([0, 1]), language_model.start([0, 0]))
    return beam_search(
        FusedStep(model.step, language_model.step, weight),
        state,
        Beam(width, 0.6),
        SearchRules(START, END, [limit] * 2, repetition=NO_RULE, normalizer=unnormalized),
    )


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.5, 2.0]))
def test_a_wide_beam_finds_the_best_of_the_fused_objective(seed: int, weight: float) -> None:
    model, language_model = Markov.random(2, 4, V, seed), Markov.random(1, 4, V, seed + 1)
    found = fused(model, language_model, weight, 64)
    symbols = [symbol for symbol in range(V) if symbol != END]
    for chain, (best,) in enumerate(found):
        scores = {}
        for length in range(4):
            for tokens in itertools.product(symbols, repeat=length):
                ended = [*tokens, END]
                total = model.log_probability(chain, ended) + weight * language_model.log_probability(0, ended)
                scores[tokens] = LengthPenalty(0.6).score(total, length + 1)
        assert best.score == pytest.approx(max(scores.values()))
        assert scores[tuple(best.tokens)] == pytest.approx(best.score)


def test_with_weight_0_it_is_the_search_without() -> None:
    model, language_model = Markov.random(2, 6, V, 1), Markov.random(1, 6, V, 2)
    rules = SearchRules(START, END, [5, 5], repetition=NO_RULE)
    alone = beam_search(model.step, model.start([0, 1]), Beam(3, 0.6), rules)
    assert [h[0].tokens for h in fused(model, language_model, 0.0, 3, 5)] == [h[0].tokens for h in alone]


def test_a_strong_language_model_has_its_way() -> None:
    model, language_model = Markov.random(2, 6, V, 1), Markov.random(1, 6, V, 2)
    state = FusedState(model.start([0, 1]), language_model.start([0, 0]))
    rules = SearchRules(START, END, [5, 5], repetition=NO_RULE, normalizer=unnormalized)
    found = greedy_search(FusedStep(model.step, language_model.step, 1e6), state, rules)
    alone = greedy_search(
        language_model.step, language_model.start([0]), SearchRules(START, END, [5], repetition=NO_RULE)
    )
    assert [h.tokens for h in found] == [alone[0].tokens] * 2


def test_vocabularies_of_different_sizes_are_refused() -> None:
    model, language_model = Markov.random(1, 3, V, 1), Markov.random(1, 3, V + 1, 2)
    step = FusedStep(model.step, language_model.step, 0.5)
    with pytest.raises(UnsupportedError, match="writes 4 symbols and the language model 5"):
        step(torch.tensor([START]), FusedState(model.start([0]), language_model.start([0])))


def test_scores_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="not numbers"):
        unnormalized(torch.tensor([[0.0, float("nan")]]))
