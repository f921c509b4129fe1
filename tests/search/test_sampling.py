"""Sample: what is drawn has the probabilities that it should have, whatever stands beside it."""

from __future__ import annotations

import math
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.contracts import Ending, Hypothesis, Nothing, Sample
from dragoman.search.greedy import greedy_search
from dragoman.search.repetition import NO_RULE
from dragoman.search.rules import SearchRules
from dragoman.search.sampling import sample
from dragoman.search.truncation import keep_top_k, keep_top_p, with_temperature

sys.path.insert(0, str(Path(__file__).parent))
from markov import END, START, Markov, output_probabilities

V = 5
PLAIN = Sample()


def draw(model: Markov, chains: list[int], limits: list[int], method: Sample = PLAIN, **more) -> list[Hypothesis]:
    return [found for (found,) in draws(model, chains, limits, method, **more)]


def draws(
    model: Markov, chains: list[int], limits: list[int], method: Sample = PLAIN, **more
) -> list[list[Hypothesis]]:
    return sample(model.step, model.start(chains), method, SearchRules(START, END, limits, **more))


@pytest.mark.parametrize(
    ("method", "rows", "each"),
    [
        (Sample(), 1500, 1),
        (Sample(0.7, seed=2), 1, 4000),
        (Sample(1.5, top_k=3), 40, 100),
        (Sample(2.0, top_p=0.8, seed=5), 1, 4000),
    ],
)
def test_frequencies_are_those_of_the_model(method: Sample, rows: int, each: int) -> None:
    """Whole outputs of up to two symbols, against their exact probabilities, by Pearson's χ² at p = 0.001: one draw of
    many rows, many draws of one, and some of some."""
    model, count = Markov.random(1, 3, V, 3, end_bias=1.0), rows * each
    found = Counter(tuple(h.tokens) for row in draws(model, [0] * rows, [9] * rows, method, n_best=each) for h in row)
    chances = output_probabilities(model, method, longest=2)
    common = {output: count * chance for output, chance in chances.items() if count * chance >= 5}
    rest = count - sum(common.values())
    statistic = sum((found[o] - expected) ** 2 / expected for o, expected in common.items())
    statistic += (count - sum(found[o] for o in common) - rest) ** 2 / rest
    free = len(common)
    assert free >= 6
    # The 99.9 % quantile of χ² by Wilson & Hilferty.
    assert statistic < free * (1 - 2 / (9 * free) + 3.09 * math.sqrt(2 / (9 * free))) ** 3


def test_a_draw_does_not_depend_on_how_many_there_are_nor_on_the_rows_beside_it() -> None:
    model = Markov.random(3, 4, V, 8, end_bias=-2)
    many = draws(model, [0, 1, 2], [8] * 3, n_best=5)
    assert [row[:2] for row in many] == draws(model, [0, 1, 2], [8] * 3, n_best=2)
    assert many[2:0:-1] == draws(model, [2, 1], [8] * 2, numbers=[2, 1], n_best=5)
    assert draw(model, [0, 1, 2], [8] * 3) == [row[0] for row in many]
    assert len({tuple(h.tokens) for h in many[0]}) > 2
    begun = draws(model, [0, 1], [8] * 2, n_best=4, prefixes=[[3, 4], []])
    assert begun[1] == many[1][:4]
    assert begun[0] == draws(model, [0], [8], n_best=4, prefixes=[[3, 4]])[0]


def test_the_first_draw_of_a_row_is_what_it_was_in_the_first_version() -> None:
    logits = torch.linspace(0, 3, V, dtype=torch.float64).repeat(4, 1)

    def step(tokens: torch.Tensor, state: Nothing) -> tuple[torch.Tensor, Nothing]:
        return logits[: len(tokens)], state

    found = sample(step, Nothing(4), Sample(seed=3), SearchRules(START, END, [0] * 4, forbidden=(0,), n_best=1))
    generators = [torch.Generator().manual_seed((3 * A + row * B + 1) % 2**63) for row in range(4)]
    chances = torch.softmax(logits[0].clone().index_fill(0, torch.tensor([0]), -math.inf), 0)
    first = [int(torch.multinomial(chances, 1, generator=generator)) for generator in generators]
    assert [row[0].ending is Ending.COMPLETE for row in found] == [symbol == END for symbol in first]


A, B = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9


def test_log_probability_is_the_models_own_whatever_was_cut_off() -> None:
    model = Markov.random(2, 3, V, 4)
    for h, chain in zip(draw(model, [0, 1], [6, 6], Sample(0.5, 2, 0.9, 7)), [0, 1], strict=True):
        tokens = [*h.tokens, END] if h.ending is Ending.COMPLETE else h.tokens
        assert h.log_probability == pytest.approx(model.log_probability(chain, tokens))


@settings(max_examples=20)
@given(st.integers(0, 999), st.integers(1, 6))
def test_a_row_does_not_depend_on_the_rows_beside_it_if_its_number_stays(seed: int, limit: int) -> None:
    model = Markov.random(3, 4, V, seed)
    together = draw(model, [0, 1, 2], [limit] * 3, Sample(seed=seed))
    fewer = draw(model, [0, 1], [limit] * 2, Sample(seed=seed))
    assert together[:2] == fewer
    assert [together[2]] == draw(model, [2], [limit], Sample(seed=seed), numbers=[2])


def test_seeds_and_rows_draw_differently() -> None:
    model = Markov.random(1, 8, V, 1, end_bias=-3)
    one, same, other = (draw(model, [0] * 4, [20] * 4, Sample(seed=seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other
    assert len({tuple(h.tokens) for h in one}) > 1


@settings(max_examples=20)
@given(st.integers(0, 999))
def test_the_one_most_probable_symbol_is_greedy_search(seed: int) -> None:
    model = Markov.random(2, 5, V, seed)
    limits = [4, 7]
    greedy = greedy_search(model.step, model.start([0, 1]), SearchRules(START, END, limits, repetition=NO_RULE))
    found = draw(model, [0, 1], limits, Sample(temperature=0.7, top_k=1))
    assert [h.tokens for h in found] == [h.tokens for h in greedy]
    assert [h.ending for h in found] == [h.ending for h in greedy]


def test_limits_and_forbidden_symbols() -> None:
    model = Markov.random(1, 3, V, 2, end_bias=-50)
    for h in draw(model, [0] * 9, list(range(9)), forbidden=(2, 4)):
        assert h.ending is Ending.LENGTH
        assert not {2, 4} & set(h.tokens)
    assert [len(h.tokens) for h in draw(model, [0] * 9, list(range(9)))] == list(range(9))


def test_prefixes_of_unequal_length_are_read_and_not_written() -> None:
    model = Markov.random(2, 6, V, 5, end_bias=-50)
    long, none = draw(model, [0, 1], [2, 2], Sample(top_k=1), prefixes=[[3, 4, 2], []])
    state, total, last = model.start([0]), 0.0, START
    for symbol in [3, 4, 2, *long.tokens]:
        scores, state = model.step(torch.tensor([last]), state)
        total += float(torch.log_softmax(scores[0], 0)[symbol]) if state.length > 3 else 0.0
        last = symbol
    assert long.log_probability == pytest.approx(total)
    assert len(long.tokens) == len(none.tokens) == 2
    assert none == draw(model, [0, 1], [2, 2], Sample(top_k=1))[1]


logits = st.lists(st.floats(-5, 5), min_size=2, max_size=12).map(lambda row: torch.tensor([row], dtype=torch.float64))


@given(logits, st.integers(0, 13))
def test_top_k_keeps_the_most_probable(row: torch.Tensor, k: int) -> None:
    kept = keep_top_k(row, k)[0].isfinite()
    wanted = len(row[0]) if k == 0 else min(k, len(row[0]))
    assert int(kept.sum()) >= wanted
    if not bool(kept.all()):
        assert row[0][kept].min() > row[0][~kept].max()
    if len(set(row[0].tolist())) == len(row[0]):
        assert int(kept.sum()) == wanted


@given(logits, st.floats(0.01, 1))
def test_top_p_keeps_the_smallest_set_with_that_share(row: torch.Tensor, p: float) -> None:
    kept = keep_top_p(row, p)[0].isfinite()
    chances = torch.softmax(row, 1)[0]
    assert bool(kept[chances.argmax()])
    assert float(chances[kept].sum()) >= p - 1e-9
    if int(kept.sum()) > 1:
        assert float(chances[kept].sum() - chances[kept].min()) < p
    if not bool(kept.all()):
        assert chances[kept].min() >= chances[~kept].max()


def test_temperature() -> None:
    row = torch.tensor([[1.0, 2.0, 4.0]])
    assert with_temperature(row, 1.0).equal(row)
    cold, hot = (torch.softmax(with_temperature(row, t), 1)[0] for t in (0.1, 100.0))
    assert cold[2] > 0.999
    assert torch.allclose(hot, torch.full((3,), 1 / 3), atol=0.01)
