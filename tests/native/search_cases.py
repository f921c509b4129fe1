"""Random searches over random tables, which the engine and PyTorch's searches both carry out."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import (
    DEFAULT_SYMBOLS,
    NEVER,
    Beam,
    Greedy,
    Hypothesis,
    Layout,
    Memory,
    OutputAutomaton,
    Packed,
    SearchRequest,
)
from dragoman.decoders.ctc import CTCDecoder
from dragoman.errors import UnsupportedError
from dragoman.native.engine_inputs import EngineInputs
from dragoman.native.engine_search import EngineSearcher
from dragoman.search.repetition import NO_RULE, RepetitionRule
from dragoman.search.rules import SearchRules
from dragoman.search.search import search

START, END = 0, 1


@dataclass(frozen=True)
class TableState:
    """Which chain of a table each hypothesis follows, and how many symbols it has read."""

    chains: Tensor
    read: int

    def select(self, rows: Tensor) -> TableState:
        return TableState(self.chains[rows], self.read)


@dataclass(frozen=True)
class Case:
    """A search over a table of scores: of chain, number of symbols that were read, last and next symbol."""

    table: Float[Tensor, "c t V V"]
    chains: list[int]
    request: SearchRequest
    repetition: RepetitionRule

    @property
    def inputs(self) -> EngineInputs:
        """The number of each input's chain; lengths that put the inputs into another order."""
        return EngineInputs.of_texts(Packed.of([[chain] * (1 + chain % 3) for chain in self.chains]))

    def by_engine(self, threads: int = 1, places: int = 3) -> tuple[list[list[Hypothesis]], int | None]:
        searcher = EngineSearcher.of_table(self.table, start=START, end=END, places=places)
        found = searcher.search(self.inputs, self.request, self.repetition, threads=threads)
        return found.hypotheses, found.calls

    def by_torch(self) -> tuple[list[list[Hypothesis]], int | None]:
        """As PyTorch's engine searches: rows without a constraint apart."""
        found: list[list[Hypothesis]] = [[] for _ in self.chains]
        calls = 0
        for rows in self.request.apart(len(self.chains)):
            part = self.request.select(rows)
            rules = SearchRules(
                START,
                END,
                part.most_tokens([0] * len(rows)),
                part.n_best,
                part.forbidden,
                part.prefixes,
                part.constraints,
                repetition=self.repetition,
                minimums=part.minimums,
            )
            result = search(
                self._step, TableState(torch.tensor([self.chains[row] for row in rows]), 0), part.method, rules
            )
            calls += result.calls or 0
            for row, hypotheses in zip(rows, result.hypotheses, strict=True):
                found[row] = hypotheses
        return found, calls

    def _step(self, tokens: Tensor, state: TableState) -> tuple[Tensor, TableState]:
        place = min(state.read, self.table.shape[1] - 1)
        return self.table[state.chains, place, tokens], TableState(state.chains, state.read + 1)


def random_case(seed: int) -> Case:
    """A search of any kind, without constraints."""
    draw = random.Random(seed)
    # No two outputs are equally good, because every step has its own scores.
    symbols, steps, chains = draw.randint(3, 14), 46, draw.randint(1, 6)
    generator = torch.Generator().manual_seed(seed)
    # In float64, so that PyTorch's sums are as exact as the engine's; the numbers are those of float32.
    table = (draw.choice([0.5, 2.0, 6.0]) * torch.randn(chains, steps, symbols, symbols, generator=generator)).double()
    table[..., END] += draw.choice([-4.0, -1.0, 0.0, 1.0])
    if draw.random() < 0.3:  # loops
        table[..., draw.randrange(2, symbols)] += 6.0
    if draw.random() < 0.2:  # symbols that cannot be
        table[torch.rand(table.shape, generator=generator) < 0.3] = float("-inf")
    rows = draw.randint(1, 7)
    width = draw.randint(1, 12)
    method = Greedy() if draw.random() < 0.25 else Beam(width, draw.choice([0.0, 0.6, 1.0, 2.0, -0.5]))
    limits = [draw.choice([0, 1, 5, 12, 40]) for _ in range(rows)]
    request = SearchRequest(
        method,
        n_best=1 if method.width == 1 else draw.randint(1, width),
        limits=limits,
        minimums=[draw.randint(0, limit) for limit in limits] if draw.random() < 0.4 else None,
        forbidden=tuple(draw.sample(range(2, symbols), draw.randint(0, min(2, symbols - 2)))),
        prefixes=[[draw.choice([0, *range(2, symbols)]) for _ in range(draw.choice([0, 1, 4]))] for _ in range(rows)]
        if draw.random() < 0.4
        else None,
    )
    repetition = draw.choice([NO_RULE, RepetitionRule(), RepetitionRule(longest=3, times=2, span=4)])
    return Case(table.float().double(), [draw.randrange(chains) for _ in range(rows)], request, repetition)


class RandomAutomaton:
    """A deterministic automaton with a few states and random transitions."""

    def __init__(self, seed: int, symbols: int) -> None:
        draw = random.Random(seed)
        states, broken = draw.randint(1, 6), draw.choice([0.0, 0.3, 0.6])
        self.start = draw.randrange(states)
        self._after = [
            [-1 if draw.random() < broken else draw.randrange(states) for _ in range(symbols)] for _ in range(states)
        ]
        self._least = [0 if draw.random() < 0.3 else NEVER for _ in range(states)]
        for _ in range(states):
            for state, after in enumerate(self._after):
                nearest = min(
                    (self._least[one] for symbol, one in enumerate(after) if one >= 0 and symbol != END), default=NEVER
                )
                self._least[state] = min(self._least[state], nearest + 1, NEVER)

    def after(self, state: int, symbol: int) -> int:
        return -1 if state < 0 else self._after[state][symbol]

    def least(self, state: int) -> int:
        return NEVER if state < 0 else self._least[state]

    def least_after(self, state: int) -> Tensor:
        numbers = [self.least(self.after(state, symbol)) for symbol in range(len(self._after[0]))]
        return torch.tensor(numbers, dtype=torch.int32)


def constrained_case(seed: int) -> Case:
    """A search of which some rows have constraints, which some output may satisfy."""
    case, draw = random_case(seed), random.Random(seed)
    automata = [RandomAutomaton(draw.randrange(10**9), case.table.shape[-1]) for _ in range(4)]
    request = case.request
    limits, prefixes = request.limits or [], request.prefixes or [()] * len(case.chains)
    constraints: list[OutputAutomaton | None] = []
    for limit, prefix in zip(limits, prefixes, strict=True):
        fits = [one for one in automata if one.least(functools.reduce(one.after, prefix, one.start)) <= limit]
        constraints.append(draw.choice([None, *fits, *fits]))
    return replace(case, request=replace(request, constraints=constraints))


@dataclass(frozen=True)
class Places:
    """Scores of symbols at the places of some texts, which PyTorch's decoder and the engine both read."""

    decoder: CTCDecoder
    memory: Memory
    request: SearchRequest

    @classmethod
    def random(cls, seed: int) -> Places:
        """Padding 0 is the blank, 1 is unknown, 2 the start and 3 the end symbol."""
        draw = random.Random(seed)
        generator = torch.Generator().manual_seed(seed)
        symbols, rows = draw.randint(6, 20), draw.randint(1, 5)
        # Some are too short for their prefix, and stand beside longer ones.
        layout = Layout.of([draw.choice([1, 3, draw.randint(5, 30)]) for _ in range(rows)])
        states = draw.choice([1.0, 3.0, 8.0]) * torch.randn(layout.tokens, symbols, generator=generator)
        states[:, 0] += draw.choice([0.0, 3.0])
        linear = torch.nn.Linear(symbols, symbols)
        with torch.no_grad():
            linear.weight.copy_(torch.eye(symbols))
            linear.bias.zero_()
        method = draw.choice([Greedy(), Beam(4, 0.0), Beam(6, 1.0)])
        prefixes = [[draw.randrange(4, symbols) for _ in range(draw.choice([0, 2]))] for _ in range(rows)]
        request = SearchRequest(
            method,
            n_best=draw.randint(1, method.width),
            forbidden=(0, 1, 2, 4),
            minimums=[1] * rows if seed % 3 == 0 else None,
            prefixes=prefixes if seed % 4 == 0 else None,
        )
        memory = Memory(states, layout, states.new_zeros(rows, symbols))
        return cls(CTCDecoder(linear, DEFAULT_SYMBOLS), memory, request)

    def by_engine(self) -> list[list[Hypothesis]]:
        with torch.no_grad():
            scores, layout = self.decoder.log_probabilities(self.memory), self.memory.layout
        numbers = {"start": DEFAULT_SYMBOLS.start, "end": DEFAULT_SYMBOLS.end, "blank": self.decoder.blank}
        searcher = EngineSearcher.of_positions(scores, **numbers)
        inputs = EngineInputs.of_texts(Packed(torch.arange(layout.tokens), layout))
        return searcher.search(inputs, self.request, RepetitionRule()).hypotheses

    def by_torch(self) -> list[list[Hypothesis]]:
        request = self.request
        rules = SearchRules(
            DEFAULT_SYMBOLS.start,
            DEFAULT_SYMBOLS.end,
            request.most_tokens(self.memory.layout.lengths.tolist()),
            request.n_best,
            request.forbidden,
            request.prefixes,
            minimums=request.minimums,
        )
        return search(self.decoder.step, self.decoder.start(self.memory), request.method, rules).hypotheses


def first_difference(ours: list[list[Hypothesis]], expected: list[list[Hypothesis]], near: float = 1e-5) -> str:
    """How hypotheses differ from others; empty if they do not, but for rounding."""
    for row, (one, other) in enumerate(zip(ours, expected, strict=True)):
        if [(h.tokens, h.ending) for h in one] != [(h.tokens, h.ending) for h in other]:
            return f"row {row}: {one} instead of {other}"
        for a, b in zip(one, other, strict=True):
            if max(abs(a.log_probability - b.log_probability), abs(a.score - b.score)) > near:
                return f"row {row}: {a} instead of {b}"
    return ""


def difference(case: Case, threads: int = 1, places: int = 3) -> str:
    """How the engine's result differs from PyTorch's; empty if it does not."""
    try:
        ours, calls = case.by_engine(threads, places)
    except UnsupportedError as refused:
        try:
            case.by_torch()
        except UnsupportedError as expected:
            return "" if str(refused) == str(expected) else f"{refused} instead of {expected}"
        return f"refused: {refused}"
    expected, expected_calls = case.by_torch()
    found = first_difference(ours, expected)
    return found or ("" if calls == expected_calls else f"{calls} calls instead of {expected_calls}")
