"""Best-first beam search finds what beam search finds, for fewer calls of the model; diverse beam search does what its
algorithm says, and is beam search where nothing keeps its groups apart."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
import torch

from dragoman.contracts import Beam, BestFirstBeam, DiverseBeam, Ending, SearchMethod, SearchResult
from dragoman.search.length_penalty import LengthPenalty
from dragoman.search.repetition import NO_RULE, RepetitionRule
from dragoman.search.rules import SearchRules
from dragoman.search.search import search

sys.path.insert(0, str(Path(__file__).parent))
from markov import END, START, Markov, slow_diverse_beam

CHAINS = [0, 1, 2]


def found(model: Markov, method: SearchMethod, rules: SearchRules, chains: list[int] = CHAINS) -> SearchResult:
    return search(model.step, model.start(chains), method, rules)


def any_case(seed: int) -> tuple[Markov, int, float, SearchRules]:
    """A small model, in some cases with many ties or impossible symbols, a width, an exponent and rules."""
    draw = random.Random(seed)
    model = Markov.random(3, 7, 6, seed, end_bias=draw.choice([-2.0, 0.0, 1.0]))
    if seed % 3 == 1:
        model.logits.round_()
    if seed % 5 == 2:
        model.logits[torch.rand(model.logits.shape, generator=torch.Generator().manual_seed(seed)) < 0.4] = -torch.inf
        model.logits[..., 5] = 0
    width = draw.randint(1, 5)
    rules = SearchRules(
        START,
        END,
        [draw.randint(0, 9) for _ in CHAINS],
        n_best=draw.randint(1, width),
        forbidden=draw.choice([(), (3,)]),
        prefixes=draw.choice([None, [[], [2], [4, 5, 2]]]),
        repetition=draw.choice([RepetitionRule(), RepetitionRule(longest=2, times=2, span=3)]),
    )
    return model, width, draw.choice([0.0, 0.6, 1.0, 2.0, -0.5]), rules


def test_best_first_finds_what_the_beam_finds_to_the_bit() -> None:
    """Ties, loops, limits, prefixes, forbidden and impossible symbols and n-best lists among it."""
    endings = set()
    for seed in range(20):
        model, width, alpha, rules = any_case(seed)
        beam, best_first = (found(model, kind(width, alpha), rules) for kind in (Beam, BestFirstBeam))
        assert best_first.hypotheses == beam.hypotheses, seed
        endings |= {hypothesis.ending for row in beam.hypotheses for hypothesis in row}
    assert endings == set(Ending)


def test_best_first_calls_the_model_for_fewer_hypotheses() -> None:
    calls = [0, 0]
    for seed in range(10):
        model, rules = Markov.random(3, 9, 8, seed), SearchRules(START, END, [9] * 3)
        one, other = (found(model, kind(5, 0.0), rules).calls for kind in (Beam, BestFirstBeam))
        assert one is not None
        assert other is not None
        assert other <= one
        calls[0] += one
        calls[1] += other
    assert calls[1] < 0.9 * calls[0]


@pytest.mark.parametrize("method", [BestFirstBeam(3), DiverseBeam(4, 2, 1.0)], ids=str)
def test_a_result_does_not_depend_on_the_batch_nor_on_its_order(method: SearchMethod) -> None:
    for seed in range(4):
        model, limits = Markov.random(3, 9, 6, seed), [3, 8, 5]
        together = found(model, method, SearchRules(START, END, limits, 3)).hypotheses
        for chain, limit in enumerate(limits):
            assert found(model, method, SearchRules(START, END, [limit], 3), [chain]).hypotheses == [together[chain]]
        assert found(model, method, SearchRules(START, END, limits[::-1], 3), CHAINS[::-1]).hypotheses == together[::-1]


def test_one_group_is_beam_search_and_groups_that_do_not_care_are_all_the_same() -> None:
    for seed in range(8):
        model, width, alpha, rules = any_case(seed)
        beam = found(model, Beam(width, alpha), rules)
        one_group = found(model, DiverseBeam(width, 1, 0.0, alpha), rules)
        assert (one_group.hypotheses, one_group.calls) == (beam.hypotheses, beam.calls)
        assert found(model, DiverseBeam(width, 1, 3.0, alpha), rules).hypotheses == beam.hypotheses
        if rules.repetition.cut([2, 2, 2]) != [2]:
            three = found(model, DiverseBeam(3 * width, 3, 0.0, alpha), rules)
            assert [row[0] for row in three.hypotheses] == [row[0] for row in beam.hypotheses]


def test_groups_choose_in_turn_as_the_algorithm_says() -> None:
    for seed in range(8):
        draw = random.Random(seed)
        model, limit = Markov.random(1, 7, 6, seed), draw.randint(1, 6)
        width, groups, strength = draw.randint(1, 2), draw.randint(2, 3), draw.choice([0.3, 1.0, 4.0])
        alpha = draw.choice([0.0, 1.0])
        rules = SearchRules(START, END, [limit], n_best=width * groups, repetition=NO_RULE)
        (several,) = found(model, DiverseBeam(width * groups, groups, strength, alpha), rules, [0]).hypotheses
        expected = slow_diverse_beam(model, 0, limit, width, groups, strength, LengthPenalty(alpha))
        complete = [hypothesis for hypothesis in several if hypothesis.ending is Ending.COMPLETE]
        assert [h.tokens for h in complete] == [tokens for _, tokens in expected], seed
        assert [h.score for h in complete] == pytest.approx([score for score, _ in expected])
        fewer = found(
            model, DiverseBeam(width * groups, groups, strength, alpha), SearchRules(START, END, [limit]), [0]
        )
        if complete:
            assert fewer.best[0].tokens == complete[0].tokens


def test_a_strong_penalty_makes_outputs_differ() -> None:
    model = Markov.random(1, 8, 8, 3, end_bias=-1.0)
    firsts = []
    for strength in (0.0, 9.0):
        rules = SearchRules(START, END, [6], n_best=3)
        (several,) = found(model, DiverseBeam(3, 3, strength), rules, [0]).hypotheses
        firsts.append(len({h.tokens[0] for h in several}))
    assert firsts[0] == 1
    assert firsts[1] == 3
