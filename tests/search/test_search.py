from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.contracts import Beam, BestFirstBeam, DiverseBeam, Ending, Exact, Greedy, Sample, SearchMethod
from dragoman.errors import InputError, UnsupportedError
from dragoman.search.beam import beam_search
from dragoman.search.greedy import greedy_search
from dragoman.search.length_penalty import LengthPenalty
from dragoman.search.repetition import NO_RULE, RepetitionRule
from dragoman.search.rules import SearchRules
from dragoman.search.scores import log_normalizer, top_symbols
from dragoman.search.search import search

sys.path.insert(0, str(Path(__file__).parent))
from markov import END, START, Markov, slow_beam

SEEDS = st.integers(0, 10_000)


def rules(limits: list[int], **more: Any) -> SearchRules:
    return SearchRules(START, END, limits, **{"repetition": NO_RULE, **more})


def beams(model: Markov, chains: list[int], limits: list[int], width: int, alpha: float, count: int = 1, **more):
    return beam_search(model.step, model.start(chains), Beam(width, alpha), rules(limits, n_best=count, **more))


def greedy(model: Markov, chains: list[int], limits: list[int], **more):
    return greedy_search(model.step, model.start(chains), rules(limits, **more))


def test_what_cannot_win_any_more_is_not_computed() -> None:
    """Without a penalty a live hypothesis that is less probable than the best complete one has lost."""
    model, computed = Markov.random(1, 7, 5, 1), []

    def step(tokens: torch.Tensor, state: object) -> object:
        computed.append(len(tokens))
        return model.step(tokens, state)

    ((best, *_),) = beam_search(step, model.start([0]), Beam(5, 0.0), rules([6]))
    assert best.ending is Ending.COMPLETE
    assert any(0 < rows < 5 for rows in computed[1:])


@settings(max_examples=60)
@given(SEEDS, st.integers(1, 5), st.integers(1, 6), st.sampled_from([0.0, 0.6, 1.0, 2.0]), st.integers(1, 3))
def test_beam_equals_the_slow_one_although_it_stops_early(
    seed: int, width: int, limit: int, alpha: float, count: int
) -> None:
    model = Markov.random(3, 7, 5, seed)
    count = min(count, width)
    found = beams(model, [0, 1, 2], [limit, limit + 1, limit], width, alpha, count)
    for chain, hypotheses in enumerate(found):
        expected = slow_beam(model, chain, [limit, limit + 1, limit][chain], width, LengthPenalty(alpha), count)
        complete = [h for h in hypotheses if h.ending is Ending.COMPLETE]
        assert [h.tokens for h in complete] == [tokens for _, tokens in expected]
        assert [h.score for h in complete] == pytest.approx([score for score, _ in expected])


@settings(max_examples=30)
@given(SEEDS, st.sampled_from([0.0, 0.6, 1.0]))
def test_a_wide_beam_finds_the_truly_best(seed: int, alpha: float) -> None:
    model = Markov.random(1, 4, 4, seed)
    (found,) = beams(model, [0], [3], 64, alpha, 5)
    expected = model.best(0, 3, LengthPenalty(alpha), 5)
    assert [h.tokens for h in found] == [tokens for _, tokens in expected]
    assert [h.score for h in found] == pytest.approx([score for score, _ in expected])


@settings(max_examples=40)
@given(SEEDS, st.integers(1, 8))
def test_greedy_takes_the_best_symbol_each_time(seed: int, limit: int) -> None:
    model = Markov.random(1, 9, 5, seed)
    (found,) = greedy(model, [0], [limit])
    tokens, last = [], START
    while len(tokens) < limit:
        last = int(model.logits[0, len(tokens), last].argmax())
        if last == END:
            break
        tokens.append(last)
    assert found.tokens == tokens
    ended = model.logits[0, len(tokens), tokens[-1] if tokens else START].argmax() == END
    assert found.ending is (Ending.COMPLETE if ended else Ending.LENGTH)
    assert found.log_probability == pytest.approx(model.log_probability(0, tokens + [END] * int(ended)))


@settings(max_examples=30)
@given(SEEDS)
def test_a_beam_of_one_without_penalty_is_greedy(seed: int) -> None:
    model = Markov.random(2, 9, 5, seed)
    for one, (other,) in zip(greedy(model, [0, 1], [8, 8]), beams(model, [0, 1], [8, 8], 1, 0.0), strict=True):
        assert (other.tokens, other.ending) == (one.tokens, one.ending)
        assert other.log_probability == pytest.approx(one.log_probability)


@settings(max_examples=20)
@given(SEEDS, st.lists(st.integers(2, 5), max_size=4), st.integers(1, 3), st.integers(0, 5))
def test_with_a_prefix_it_is_the_search_that_goes_on_from_it(
    seed: int, prefix: list[int], width: int, limit: int
) -> None:
    """Beside a row that has none, and with a symbol in it that is not written."""
    model = Markov.random(2, 9, 6, seed, end_bias=-1.0)
    state, last = model.start([0]), START
    for symbol in prefix:
        _, state = model.step(torch.tensor([last]), state)
        last = symbol
    (expected,) = beam_search(
        model.step, state, Beam(width, 0.0), SearchRules(last, END, [limit], width, (3,), repetition=NO_RULE)
    )
    begun: dict[str, Any] = {"forbidden": (3,), "prefixes": [prefix, []]}
    found, free = beams(model, [0, 1], [limit, 4], width, 0.0, width, **begun)
    assert [(h.tokens, h.ending) for h in found] == [(h.tokens, h.ending) for h in expected]
    assert [h.log_probability for h in found] == pytest.approx([h.log_probability for h in expected])
    assert free == beams(model, [1], [4], width, 0.0, width, forbidden=(3,))[0]
    if width == 1:
        one, other = greedy(model, [0, 1], [limit, 4], **begun)
        assert (one.tokens, one.ending) == (found[0].tokens, found[0].ending)
        assert one.log_probability == pytest.approx(found[0].log_probability)
        assert other == greedy(model, [1], [4], forbidden=(3,))[0]


def test_a_prefix_counts_for_the_length_penalty_and_may_be_a_loop() -> None:
    model = Markov.random(1, 40, 6, 1, end_bias=2.0)
    prefixes = [[2, 3] * 10]
    ((found, *_),) = beams(model, [0], [9], 2, 1.0, prefixes=prefixes, repetition=RepetitionRule())
    assert found.ending is Ending.COMPLETE
    assert found.score == pytest.approx(LengthPenalty(1.0).score(found.log_probability, 20 + len(found.tokens) + 1))
    assert greedy(model, [0], [9], prefixes=prefixes, repetition=RepetitionRule())[0].ending is Ending.COMPLETE
    with pytest.raises(InputError, match="row 1 holds the end symbol 1"):
        rules([9], prefixes=[[END]])


@settings(max_examples=20)
@given(SEEDS, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=6), st.integers(1, 4))
def test_a_result_does_not_depend_on_the_batch(seed: int, sentences: list[tuple[int, int]], width: int) -> None:
    model = Markov.random(4, 10, 6, seed, end_bias=1.0)
    chains, limits = [list(side) for side in zip(*sentences, strict=True)]
    together = beams(model, chains, limits, width, 1.0, width)
    alone = [beams(model, [c], [n], width, 1.0, width)[0] for c, n in sentences]
    assert together == alone
    assert greedy(model, chains, limits) == [greedy(model, [c], [n])[0] for c, n in sentences]


@settings(max_examples=30)
@given(SEEDS, st.integers(1, 4))
def test_hypotheses_are_distinct_sorted_and_scored_right(seed: int, width: int) -> None:
    model = Markov.random(1, 6, 6, seed)
    (found,) = beams(model, [0], [5], width, 0.7, width)
    assert len({tuple(h.tokens) for h in found if h.ending is Ending.COMPLETE}) == sum(
        h.ending is Ending.COMPLETE for h in found
    )
    order = [(h.ending is not Ending.COMPLETE, -h.score) for h in found]
    assert order == sorted(order)
    for h in found:
        tokens = h.tokens + [END] * (h.ending is Ending.COMPLETE)
        assert h.log_probability == pytest.approx(model.log_probability(0, tokens))
        assert len(h.tokens) <= 5


def test_does_not_stop_while_a_live_hypothesis_can_still_win() -> None:
    """Two complete hypotheses fill the count of a beam of 2 early; the longer third one has the better mean."""
    table = torch.full((1, 12, 4, 4), -30.0, dtype=torch.float64)
    table[0, 0, START] = torch.tensor([-30.0, math.log(0.4), math.log(0.35), math.log(0.25)])
    table[0, 1:, 2, END] = 0.0
    table[0, 1:10, 3, 3] = 0.0
    table[0, 10:, 3, END] = 0.0
    model = Markov(table)
    (found,) = beams(model, [0], [11], 2, 1.0)
    assert found[0].tokens == [3] * 10
    assert beams(model, [0], [11], 2, 0.0)[0][0].tokens == []


def loop_model(period: int, vocabulary: int = 12) -> Markov:
    """Goes round symbols 2 … period + 1 for ever; the end symbol is always second best."""
    table = torch.full((1, 1, vocabulary, vocabulary), -20.0, dtype=torch.float64)
    table[..., END] = -4.0
    table[0, 0, START, 2] = 0.0
    for offset in range(period):
        table[0, 0, 2 + offset, 2 + (offset + 1) % period] = 0.0
    return Markov(table)


@pytest.mark.parametrize("period", [1, 2, 3, 8])
def test_a_loop_is_cut_to_one_occurrence_and_flagged(period: int) -> None:
    (found,) = greedy(loop_model(period), [0], [200], repetition=RepetitionRule())
    assert found.ending is Ending.REPETITION
    assert found.tokens == list(range(2, 2 + period))


def test_beam_prefers_a_complete_hypothesis_to_a_loop() -> None:
    (found,) = beams(loop_model(2), [0], [200], 3, 1.0, repetition=RepetitionRule())
    assert found[0].ending is Ending.COMPLETE
    never_ends = Markov(loop_model(2).logits.clone())
    never_ends.logits[..., END] = -math.inf
    (found,) = beams(never_ends, [0], [60], 1, 1.0, repetition=RepetitionRule())
    assert found[0].ending is Ending.REPETITION
    assert found[0].tokens == [2, 3]


@pytest.mark.parametrize("tokens", [[5] * 12, [5, 6] * 6, [1, 2, 3] * 4, list(range(40))])
def test_legitimate_repetition_passes(tokens: list[int]) -> None:
    rule = RepetitionRule()
    assert not rule.find(torch.tensor([tokens])).any()
    assert rule.cut(tokens) == tokens


@given(st.integers(1, 8), st.integers(0, 30), st.integers(16, 40))
def test_every_loop_is_found_and_cut(period: int, before: int, repeats: int) -> None:
    rule = RepetitionRule()
    head, loop = list(range(100, 100 + before)), list(range(period))
    tokens = head + loop * repeats
    assert rule.find(torch.tensor([tokens])).all()
    assert rule.cut(tokens) == head + loop


def test_limits_cut_and_flag() -> None:
    table = torch.zeros(1, 1, 5, 5, dtype=torch.float64)
    table[..., END] = -math.inf
    model = Markov(table)
    for limit in (0, 1, 4):
        (found,) = greedy(model, [0], [limit])
        assert (found.ending, len(found.tokens)) == (Ending.LENGTH, limit)
        (found,) = beams(model, [0], [limit], 3, 1.0)
        assert (found[0].ending, len(found[0].tokens)) == (Ending.LENGTH, limit)


def test_nothing_allowed_is_no_crash() -> None:
    model = Markov(torch.full((1, 1, 5, 5), -math.inf, dtype=torch.float64))
    model.logits[..., 4] = 0.0
    (found,) = greedy(model, [0], [5], forbidden=(4,))
    assert (found.ending, found.tokens) == (Ending.LENGTH, [])
    (found,) = beams(model, [0], [5], 2, 1.0, forbidden=(4,))
    assert all(h.tokens == [] for h in found)


@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_scores_that_are_not_numbers_are_an_error(poison: float) -> None:
    model = Markov(torch.full((1, 1, 5, 5), poison, dtype=torch.float64))
    with pytest.raises(UnsupportedError, match="not numbers"):
        greedy(model, [0], [5])
    with pytest.raises(UnsupportedError, match="not numbers"):
        beams(model, [0], [5], 2, 1.0)


@given(SEEDS, st.integers(1, 12), st.integers(1, 5000))
def test_block_top_k_is_exact(seed: int, count: int, vocabulary: int) -> None:
    logits = torch.randn(3, vocabulary, generator=torch.Generator().manual_seed(seed))
    values, ids = top_symbols(logits, count, log_normalizer(logits))
    expected = torch.log_softmax(logits, 1).topk(min(count, vocabulary), 1)
    assert torch.allclose(values, expected.values, atol=1e-5)
    assert torch.allclose(torch.log_softmax(logits, 1).gather(1, ids), expected.values, atol=1e-5)


@given(st.floats(-50, 0), st.integers(1, 30), st.integers(0, 30), st.sampled_from([-1.0, 0.0, 0.6, 1.0, 3.0]))
def test_no_continuation_scores_above_the_bound(now: float, length: int, room: int, alpha: float) -> None:
    penalty = LengthPenalty(alpha)
    longest = torch.tensor([[penalty.divisor(length + room)]], dtype=torch.float64)
    bound = float(penalty.upper_bounds(torch.tensor([[now]], dtype=torch.float64), length, longest))
    for longer in range(length, length + room + 1):
        assert penalty.score(now, longer) <= bound + 1e-12
        assert penalty.score(now - 1.0, longer) <= bound + 1e-12


def test_length_penalty_by_hand() -> None:
    assert LengthPenalty(1.0).score(-6.0, 7) == pytest.approx(-3.0)
    assert LengthPenalty(0.0).score(-6.0, 7) == -6.0


MINIMAL: list[SearchMethod] = [
    Greedy(),
    Beam(1, 0.0),
    Beam(60, 1.0),
    BestFirstBeam(60, 1.0),
    DiverseBeam(4, 2),
    Sample(),
    Exact(1.0),
]


@settings(max_examples=12)
@given(SEEDS, st.integers(0, 3))
def test_no_output_is_shorter_than_it_must_be(seed: int, least: int) -> None:
    """Of several rows, each by itself; a wide beam and exact search find the best of those that are long enough."""
    model = Markov.random(2, 6, 4, seed, end_bias=2.0)
    prefixes = [[2], []] if seed % 2 else None
    for method in MINIMAL:
        given = rules([4, 4], minimums=[least, 0], prefixes=prefixes)
        found = search(model.step, model.start([0, 1]), method, given)
        (one,), (free,) = found.hypotheses
        alone = search(model.step, model.start([1]), method, replace(given.select([1]), minimums=None))
        assert free == alone.best[0]
        assert len(one.tokens) >= least
        tokens = [*(prefixes[0] if prefixes else []), *one.tokens, *[END] * (one.ending is Ending.COMPLETE)]
        before = model.log_probability(0, prefixes[0]) if prefixes else 0.0
        assert one.log_probability == pytest.approx(model.log_probability(0, tokens) - before)
        if prefixes is None and method.width >= 5:
            ranked = model.best(0, 4, LengthPenalty(1.0), 10**6)
            score, best = next((score, tokens) for score, tokens in ranked if len(tokens) >= least)
            assert (one.tokens, one.score) == (best, pytest.approx(score))


def test_a_model_that_excludes_all_that_could_follow_leaves_what_there_is() -> None:
    table = torch.full((1, 2, 4, 4), -torch.inf, dtype=torch.float64)
    table[0, 0, START, 2] = 0.0
    for method in (Greedy(), Beam(2), BestFirstBeam(2)):
        (found,) = search(Markov(table).step, Markov(table).start([0]), method, rules([9])).best
        assert (found.tokens, found.ending, found.log_probability) == ([2], Ending.LENGTH, 0.0)
