"""Exact search against the enumeration of all outputs: of chains, and of small models of every kind."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dragoman.contracts import (
    Beam,
    Ending,
    Exact,
    Greedy,
    Hypothesis,
    SearchMethod,
    SearchResult,
)
from dragoman.errors import InputError, UnsupportedError
from dragoman.search import exact
from dragoman.search.fusion import FusedState, FusedStep
from dragoman.search.length_penalty import LengthPenalty
from dragoman.search.repetition import NO_RULE
from dragoman.search.rules import SearchRules
from dragoman.search.scores import unnormalized
from dragoman.search.search import search

sys.path.insert(0, str(Path(__file__).parent))
from markov import END, START, Markov
from small_models import DECODERS, Subject

ALPHAS = (0.0, 1.0, -1.0)
CHAINS, LIMITS = [0, 1, 2], [4, 3, 3]


@pytest.fixture(autouse=True, scope="module")
def _few_at_a_time() -> Any:
    """Small groups, so that small spaces need several steps."""
    before, exact._TOGETHER = exact._TOGETHER, 6
    yield
    exact._TOGETHER = before


def chains(seed: int, *, end_bias: float = 0.0) -> Markov:
    return Markov.random(3, 4, 5, seed, end_bias=end_bias)


def found(model: Markov, method: SearchMethod, rows: Sequence[int] = (0, 1, 2), **more: Any) -> SearchResult:
    rules = SearchRules(START, END, [LIMITS[row] for row in rows], **more)
    return search(model.step, model.start([CHAINS[row] for row in rows]), method, rules)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_best_of_chains_are_those_of_enumeration(alpha: float) -> None:
    for seed in range(2):
        model, count = chains(seed, end_bias=2.0 * (seed % 2)), 1 + seed
        result = found(model, Exact(alpha, width=1 + seed % 2), n_best=count)
        for chain, limit, hypotheses, proof in zip(CHAINS, LIMITS, result.hypotheses, result.proofs or (), strict=True):
            expected = model.best(chain, limit, LengthPenalty(alpha), count)
            assert [h.tokens for h in hypotheses] == [tokens for _, tokens in expected]
            assert [h.score for h in hypotheses] == pytest.approx([score for score, _ in expected])
            assert proof.proved
            assert proof.bound == hypotheses[-1].score
            assert proof.gap(hypotheses[0].score) == 0


def test_a_beam_as_wide_as_the_space_finds_the_same_and_none_finds_better() -> None:
    for seed in range(2):
        model = chains(seed)
        best = found(model, Exact(width=2)).best
        for method in (Greedy(), Beam(2, 0.0), Beam(5, 0.0)):
            others = found(model, method, repetition=NO_RULE).best
            assert all(o.ending is not Ending.COMPLETE or o.score <= b.score for o, b in zip(others, best, strict=True))
        assert found(model, Beam(5**4, 0.0)).best == best


def test_rows_beside_and_their_order_change_nothing() -> None:
    model, method = chains(5), Exact(0.6, expansions=20)
    together = found(model, method, n_best=2)
    turned = found(model, method, [2, 0, 1], n_best=2)
    assert [turned.hypotheses[row] for row in (1, 2, 0)] == together.hypotheses
    assert together.proofs is not None
    assert [(turned.proofs or [])[row] for row in (1, 2, 0)] == together.proofs
    for row in CHAINS:
        alone = found(model, method, [row], n_best=2)
        assert (alone.hypotheses, alone.proofs) == ([together.hypotheses[row]], [together.proofs[row]])


@pytest.mark.parametrize("alpha", ALPHAS)
def test_past_the_budget_the_bound_that_is_left_is_above_the_true_best(alpha: float) -> None:
    model, penalty = chains(1, end_bias=-3.0), LengthPenalty(alpha)
    true = [model.best(chain, limit, penalty, 1)[0][0] for chain, limit in zip(CHAINS, LIMITS, strict=True)]
    unproved = 0
    for budget in (1, 5, 20, 1000):
        result = found(model, Exact(alpha, width=1, expansions=budget))
        for best, (hypothesis,), proof in zip(true, result.hypotheses, result.proofs or (), strict=True):
            assert proof.expansions <= budget
            assert max(proof.bound, hypothesis.score) >= best - 1e-12
            assert proof.gap(hypothesis.score) >= best - hypothesis.score - 1e-12
            assert not proof.proved or hypothesis.score == pytest.approx(best)
            unproved += not proof.proved
    assert all(proof.proved for proof in result.proofs or ())
    assert unproved > 2
    (late,) = found(model, Exact(alpha, width=1, seconds=1e-9), [0]).proofs or ()
    assert (late.proved, late.expansions, late.bound) == (False, 0, 0.0)


def test_prefixes_and_forbidden_symbols() -> None:
    model, prefixes = chains(2), [[3, 2], [], [4]]
    result = found(model, Exact(1.0), n_best=3, prefixes=prefixes, forbidden=(2,))
    wide = found(model, Beam(4**4, 1.0), n_best=3, prefixes=prefixes, forbidden=(2,))
    assert result.hypotheses == wide.hypotheses
    assert all(proof.proved for proof in result.proofs or ())


def test_scores_of_a_fused_language_model_are_not_normalised_again() -> None:
    one, other = chains(3), chains(4)
    step = FusedStep(one.step, other.step, weight=0.4)
    state, rules = FusedState(one.start(CHAINS), other.start(CHAINS)), {"normalizer": unnormalized}
    result = search(step, state, Exact(), SearchRules(START, END, LIMITS, **rules))
    wide = search(step, state, Beam(5**4, 0.0), SearchRules(START, END, LIMITS, **rules))
    assert [h.tokens for h in result.best] == [h.tokens for h in wide.best]
    assert [h.score for h in result.best] == pytest.approx([h.score for h in wide.best])


def test_what_never_ends_is_cut_and_nothing_is_proved_of_it() -> None:
    model = chains(1)
    model.logits[..., END] = -torch.inf
    result = found(model, Exact())
    assert {h.ending for h in result.best} == {Ending.LENGTH}
    assert [(proof.proved, proof.bound) for proof in result.proofs or ()] == [(False, -np.inf)] * 3


def test_ties_are_decided_in_one_way_and_a_small_space_is_given_whole() -> None:
    flat = Markov(torch.zeros(3, 1, 5, 5, dtype=torch.float64))
    first, again = (found(flat, Exact(1.0, width=width), n_best=4) for width in (4, 4))
    assert first == again
    everything = found(flat, Exact(), n_best=50, forbidden=(2, 3))
    assert [len(hypotheses) for hypotheses in everything.hypotheses] == [31, 15, 15]
    assert all(proof.proved and proof.bound == -np.inf for proof in everything.proofs or ())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Exact(expansions=0), "a budget of 0 expansions leaves no search"),
        (lambda: Exact(seconds=0.0), "a budget of 0.0 seconds leaves no search"),
        (lambda: Exact(width=0), "a beam of 0"),
        (lambda: Exact(float("nan")), "length_penalty = nan"),
    ],
)
def test_a_budget_that_is_none_is_refused(make: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()


def test_a_trace_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="exact search leaves no trace"):
        found(chains(1), Exact(), trace=True)


@pytest.mark.parametrize("kind", list(DECODERS))
def test_the_best_of_models_of_every_kind_are_those_of_enumeration(kind: str) -> None:
    subject = Subject(kind, 1, [4, 2])
    spaces = [subject.enumerated(row) for row in (0, 1)]
    for alpha in ALPHAS:
        result, penalty = subject.find(Exact(alpha, width=2), 2), LengthPenalty(alpha)
        for space, hypotheses, proof in zip(spaces, result.hypotheses, result.proofs or (), strict=True):
            scored = sorted((-penalty.score(total, len(tokens) + 1), tokens) for tokens, total in space)[:2]
            _assert_same(hypotheses, scored)
            assert proof.proved


def _assert_same(hypotheses: list[Hypothesis], scored: list[tuple[float, list[int]]]) -> None:
    assert [h.tokens for h in hypotheses] == [tokens for _, tokens in scored]
    assert [-h.score for h in hypotheses] == pytest.approx([score for score, _ in scored], abs=1e-5)
