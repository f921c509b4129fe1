"""The engine's searches find what PyTorch's find, whatever the threads and the neighbours."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dragoman.contracts import Beam, Greedy, Packed, SearchRequest
from dragoman.errors import InputError, UnsupportedError
from dragoman.native.engine_inputs import EngineInputs
from dragoman.native.engine_search import EngineSearcher
from dragoman.native.library import load
from dragoman.search.repetition import NO_RULE, RepetitionRule

sys.path.insert(0, str(Path(__file__).parent))
from search_cases import (
    END,
    START,
    Places,
    RandomAutomaton,
    constrained_case,
    difference,
    first_difference,
    random_case,
)

pytestmark = pytest.mark.skipif(load("engine") is None, reason="the engine was not built")

LOOPS = RepetitionRule()


def table(chains: int = 3, steps: int = 40, symbols: int = 6, seed: int = 1) -> torch.Tensor:
    return 2 * torch.randn(chains, steps, symbols, symbols, generator=torch.Generator().manual_seed(seed))


def searcher(scores: torch.Tensor) -> EngineSearcher:
    return EngineSearcher.of_table(scores, start=START, end=END)


def chains(*numbers: int) -> EngineInputs:
    return EngineInputs.of_texts(Packed.of([[number] for number in numbers]))


def test_random_searches_find_what_pytorch_finds() -> None:
    assert {seed: found for seed in range(24) if (found := difference(random_case(seed)))} == {}


def test_random_searches_within_constraints_find_what_pytorch_finds() -> None:
    assert {seed: found for seed in range(12) if (found := difference(constrained_case(seed)))} == {}


def test_searches_by_alignment_find_what_pytorch_finds() -> None:
    cases = {seed: Places.random(seed) for seed in range(12)}
    found = {seed: first_difference(one.by_engine(), one.by_torch(), 1e-4) for seed, one in cases.items()}
    assert {seed: text for seed, text in found.items() if text} == {}


@pytest.mark.parametrize(("threads", "places"), [(1, 1), (3, 2), (8, 16)])
def test_outputs_depend_neither_on_threads_nor_on_what_is_at_work_beside_them(threads: int, places: int) -> None:
    for case in [make(seed) for seed in range(4) for make in (random_case, constrained_case)]:
        assert case.by_engine(threads, places) == case.by_engine()
        row = len(case.chains) // 2
        alone = replace(case, chains=[case.chains[row]], request=case.request.select([row]))
        assert alone.by_engine()[0] == [case.by_engine()[0][row]]


def test_a_stream_hands_over_every_row_once_and_can_be_given_up() -> None:
    one, inputs = searcher(table()), chains(*[0, 1, 2] * 30)
    request = SearchRequest(Beam(3), n_best=2, limits=[*range(90)])
    expected = one.search(inputs, request, LOOPS).hypotheses
    parts = list(one.stream(inputs, request, LOOPS, threads=3))
    found = [each for rows, outputs in parts for each in zip(rows, outputs, strict=True)]
    assert sorted(row for row, _ in found) == [*range(90)]
    assert all(hypotheses == expected[row] for row, hypotheses in found)
    started = one.stream(inputs, request, LOOPS)
    next(started)
    started.close()  # type: ignore[attr-defined]
    one.stream(inputs, request, LOOPS)
    assert one.search(inputs, request, LOOPS).hypotheses == expected


def test_a_stream_goes_through_its_inputs_block_by_block() -> None:
    scores = table()
    scores[..., END] = -60.0
    one, rows = searcher(scores), 640
    request = SearchRequest(Greedy(), limits=[3] * rows)
    lengths = np.random.default_rng(0).integers(1, 9, rows)
    inputs = EngineInputs(np.zeros(lengths.sum(), dtype=np.int32), lengths)
    order = [row for some, _ in one.stream(inputs, request, NO_RULE) for row in some]
    assert max(abs(row - place) for place, row in enumerate(order)) < 128


def test_many_threads_may_search_with_one_model() -> None:
    one, inputs = searcher(table()), chains(0, 1, 2)
    requests = [SearchRequest(Beam(width), limits=[30] * 3) for width in range(1, 9)]

    def found(request: SearchRequest) -> object:
        return one.search(inputs, request, LOOPS, threads=2).hypotheses

    expected = [found(request) for request in requests]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(found, requests * 5)) == expected * 5


@pytest.fixture
def interruptible() -> Iterator[None]:
    """An interrupt is raised, also where a shell started the tests in the background and has interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_ends_a_search_that_would_go_on_for_long(threads: int) -> None:
    scores = table(symbols=40)
    scores[..., END] = -60.0
    one = searcher(scores)
    timer = threading.Timer(0.15, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        one.search(chains(0, 1), SearchRequest(Beam(200), limits=[10**6] * 2), NO_RULE, threads=threads)
    assert one.search(chains(0), SearchRequest(Greedy(), limits=[3]), NO_RULE).calls == 4


@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
@pytest.mark.parametrize("method", [Greedy(), Beam(2)])
def test_scores_that_are_not_numbers_are_an_error(method: Greedy | Beam, poison: float) -> None:
    scores = table()
    scores[1, 2, :, 3] = poison
    one = searcher(scores)
    with pytest.raises(UnsupportedError, match="not numbers"):
        one.search(chains(0, 1, 2), SearchRequest(method, limits=[9] * 3, minimums=[5] * 3), LOOPS, threads=2)
    assert len(one.search(chains(0, 2), SearchRequest(method, limits=[9] * 2), LOOPS).hypotheses) == 2


def test_what_a_constraint_raises_is_raised() -> None:
    class Broken(RandomAutomaton):
        def after(self, state: int, symbol: int) -> int:
            raise ZeroDivisionError("no state")

        def least(self, state: int) -> int:
            return 0

        def least_after(self, state: int) -> torch.Tensor:
            return torch.zeros(6, dtype=torch.int32)

    scores = table()
    scores[..., END] = -60.0
    request = SearchRequest(Beam(2), limits=[9], constraints=[Broken(1, 6)])
    with pytest.raises(ZeroDivisionError, match="no state"):
        searcher(scores).search(chains(0), request, LOOPS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda request: replace(request, forbidden=(6,)), "what is forbidden holds symbol 6, and there are 6"),
        (lambda request: replace(request, prefixes=[[-1], []]), "a prefix holds symbol -1"),
        (lambda request: replace(request, prefixes=[[2], [3, END]]), "the prefix of row 2 holds the end symbol 1"),
        (lambda request: replace(request, limits=[1, 2**40]), "the limit of an output is out of range"),
        (lambda request: replace(request, minimums=[1]), "1 minimums for 2 rows"),
    ],
)
def test_what_is_out_of_range_is_refused(change: Callable[[SearchRequest], SearchRequest], message: str) -> None:
    request = SearchRequest(Beam(2), limits=[5, 5])
    with pytest.raises(InputError, match=message):
        searcher(table()).search(chains(0, 1), change(request), LOOPS)
    with pytest.raises(InputError, match="input 1 holds what is no row of the table"):
        searcher(table()).search(chains(0, 3), request, LOOPS)
