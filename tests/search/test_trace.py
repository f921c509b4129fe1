"""The trace of a search: it changes nothing, holds all that was considered, and says rightly what became of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.contracts import Beam, Ending, Fate, Greedy, Hypothesis, Sample, SearchMethod, SearchTrace
from dragoman.search.length_penalty import LengthPenalty
from dragoman.search.repetition import NO_RULE, RepetitionRule
from dragoman.search.rules import SearchRules
from dragoman.search.search import search

sys.path.insert(0, str(Path(__file__).parent))
from markov import END, START, Markov

SEEDS = st.integers(0, 10_000)
KEPT = {Ending.COMPLETE: Fate.COMPLETE, Ending.LENGTH: Fate.LENGTH, Ending.REPETITION: Fate.REPETITION}


def paths(trace: SearchTrace) -> list[list[int]]:
    """The symbols of each hypothesis, the end symbol included."""
    found: list[list[int]] = []
    for node in trace.nodes:
        found.append([*(found[node.parent] if node.parent >= 0 else []), node.symbol])
    return found


def rules(limits: list[int], *, trace: bool, **more: object) -> SearchRules:
    return SearchRules(START, END, limits, trace=trace, **{"repetition": NO_RULE, **more})  # type: ignore[arg-type]


@settings(max_examples=20)
@given(SEEDS, st.sampled_from([Greedy(), Beam(1, 0.0), Beam(3, 1.0), Beam(4, 0.0), Sample()]), st.booleans())
def test_a_trace_changes_nothing_and_holds_what_was_found(seed: int, method: SearchMethod, begun: bool) -> None:
    model, limits = Markov.random(3, 5, 5, seed), [4, 0, 6]
    more = {"prefixes": [[2, 3], [], [4]]} if begun else {}
    plain, traced = (
        search(model.step, model.start([0, 1, 2]), method, rules(limits, trace=trace, n_best=method.most or 1, **more))
        for trace in (False, True)
    )
    assert plain.hypotheses == traced.hypotheses
    assert plain.calls == traced.calls
    assert plain.trace is None
    assert traced.trace is not None
    for chain, (trace, hypotheses) in enumerate(zip(traced.trace, traced.hypotheses, strict=True)):
        before = [[2, 3], [], [4]][chain] if begun else []
        of_prefix = model.log_probability(chain, before)
        held = paths(trace)
        for path, node in zip(held, trace.nodes, strict=True):
            expected = model.log_probability(chain, [*before, *path]) - of_prefix
            assert node.log_probability == pytest.approx(expected)
        for hypothesis in hypotheses:
            assert_held(hypothesis, trace, held)


def assert_held(hypothesis: Hypothesis, trace: SearchTrace, held: list[list[int]]) -> None:
    path = [*hypothesis.tokens, *([END] if hypothesis.ending is Ending.COMPLETE else [])]
    if path:
        node = trace.nodes[held.index(path)]
        assert (node.log_probability, node.score) == pytest.approx((hypothesis.log_probability, hypothesis.score))
        assert node.fate is KEPT[hypothesis.ending]


@settings(max_examples=20)
@given(SEEDS, st.integers(1, 4), st.sampled_from([0.0, 1.0, 2.0]))
def test_a_beam_says_why_each_hypothesis_died(seed: int, width: int, alpha: float) -> None:
    model, limit, penalty = Markov.random(1, 6, 5, seed), 5, LengthPenalty(alpha)
    found = search(model.step, model.start([0]), Beam(width, alpha), rules([limit], trace=True))
    assert found.trace is not None
    (best,), (trace,) = found.hypotheses[0], found.trace
    held = paths(trace)
    at_length = [
        [node for node, path in zip(trace.nodes, held, strict=True) if len(path) == n] for n in range(limit + 3)
    ]
    live = [[node for node in nodes if node.symbol != END] for nodes in at_length]
    for path, node in zip(held, trace.nodes, strict=True):
        followed = any(other[:-1] == path for other in held)
        match node.fate:
            case Fate.CONTINUED:
                assert followed
            case Fate.COMPLETE:
                assert path[-1] == END
                assert node.score == pytest.approx(penalty.score(node.log_probability, len(path)))
                assert node.score <= best.score
            case Fate.LENGTH:
                assert len(path) == limit or (len(path) == limit + 1 and not followed)
            case Fate.HOPELESS:
                assert not followed
                bounds = (penalty.score(node.log_probability, n) for n in range(len(path) + 1, limit + 2))
                assert max(bounds) <= best.score + 1e-12
            case _:
                assert node.fate is Fate.PUSHED_OUT
                rivals = (at_length if path[-1] == END else live)[len(path)]
                better = [other for other in rivals if other.log_probability >= node.log_probability]
                assert len(better) > width or (not followed and len(at_length[len(path) + 1]) == 2 * width)


def test_a_loop_is_named() -> None:
    model = Markov.random(1, 1, 3, 5, end_bias=-9.0)
    looping = RepetitionRule(longest=2, times=3, span=3)
    for method in (Beam(1, 1.0), Greedy()):
        found = search(model.step, model.start([0]), method, rules([9], trace=True, repetition=looping))
        assert found.trace is not None
        assert found.best[0].ending is Ending.REPETITION
        assert found.trace[0].nodes[-1].fate in (Fate.REPETITION, Fate.PUSHED_OUT)
        assert Fate.REPETITION in {node.fate for node in found.trace[0].nodes}
