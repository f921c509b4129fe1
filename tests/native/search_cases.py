"""Random searches over random tables, which the engine and PyTorch's searches both carry out."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import Beam, Greedy, Hypothesis, OutputAutomaton, Packed, SearchRequest
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


def within(case: Case, constraints: list[OutputAutomaton | None]) -> Case:
    """The search within constraints."""
    return replace(case, request=replace(case.request, constraints=constraints))


def difference(case: Case, threads: int = 1, places: int = 3) -> str:
    """How the engine's result differs from PyTorch's; empty if it does not."""
    ours, calls = case.by_engine(threads, places)
    expected, expected_calls = case.by_torch()
    for row, (one, other) in enumerate(zip(ours, expected, strict=True)):
        if [(h.tokens, h.ending) for h in one] != [(h.tokens, h.ending) for h in other]:
            return f"row {row}: {one} instead of {other}"
        for a, b in zip(one, other, strict=True):
            if abs(a.log_probability - b.log_probability) > 1e-5 or abs(a.score - b.score) > 1e-5:
                return f"row {row}: {a} instead of {b}"
    return "" if calls == expected_calls else f"{calls} calls instead of {expected_calls}"
