"""Small step functions whose best outputs can be enumerated, and a slow, obvious beam search."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dragoman.contracts import Sample
from dragoman.search.length_penalty import LengthPenalty

START, END = 0, 1


@dataclass(frozen=True)
class MarkovState:
    """Which chain each row follows, and how far it has come."""

    chains: Tensor
    length: int

    def select(self, rows: Tensor) -> MarkovState:
        return MarkovState(self.chains[rows], self.length)


@dataclass(frozen=True)
class Markov:
    """Log-probabilities of the next symbol given chain, position and last symbol: a table (chains, steps, V, V)."""

    logits: Tensor
    start_symbol: int = START
    end_symbol: int = END

    @classmethod
    def random(cls, chains: int, steps: int, vocabulary: int, seed: int, *, end_bias: float = 0.0) -> Markov:
        generator = torch.Generator().manual_seed(seed)
        logits = 2 * torch.randn(chains, steps, vocabulary, vocabulary, generator=generator, dtype=torch.float64)
        logits[..., END] += end_bias
        return cls(logits)

    @property
    def vocabulary(self) -> int:
        return self.logits.shape[-1]

    def start(self, chains: Sequence[int]) -> MarkovState:
        return MarkovState(torch.tensor(list(chains)), 0)

    def step(self, tokens: Tensor, state: MarkovState) -> tuple[Tensor, MarkovState]:
        place = min(state.length, self.logits.shape[1] - 1)
        return self.logits[state.chains, place, tokens], MarkovState(state.chains, state.length + 1)

    def log_probability(self, chain: int, tokens: Sequence[int]) -> float:
        """Of the tokens, the end symbol included if they hold it."""
        total, last = 0.0, self.start_symbol
        for place, token in enumerate(tokens):
            row = torch.log_softmax(self.logits[chain, min(place, self.logits.shape[1] - 1), last], 0)
            total, last = total + float(row[token]), token
        return total

    def best(self, chain: int, limit: int, penalty: LengthPenalty, count: int) -> list[tuple[float, list[int]]]:
        """The truly best complete outputs, by trying all."""
        symbols = [symbol for symbol in range(self.vocabulary) if symbol != self.end_symbol]
        outputs = []
        for length in range(limit + 1):
            for tokens in itertools.product(symbols, repeat=length):
                score = penalty.score(self.log_probability(chain, [*tokens, self.end_symbol]), length + 1)
                outputs.append((score, list(tokens)))
        return sorted(outputs, key=lambda output: -output[0])[:count]


def output_probabilities(model: Markov, method: Sample, longest: int) -> dict[tuple[int, ...], float]:
    """The probability with which sampling draws each output of up to ``longest`` symbols, with lists."""
    found: dict[tuple[int, ...], float] = {}
    begun: dict[tuple[int, ...], float] = {(): 1.0}
    for length in range(longest + 1):
        grown: dict[tuple[int, ...], float] = {}
        for tokens, before in begun.items():
            row = model.logits[0, min(length, model.logits.shape[1] - 1), tokens[-1] if tokens else START]
            scores = [score / method.temperature for score in torch.log_softmax(row, 0).tolist()]
            order = sorted(range(len(scores)), key=lambda symbol: -scores[symbol])[: method.top_k or None]
            total = sum(math.exp(scores[symbol]) for symbol in order)
            kept, share = [], 0.0
            for symbol in order:
                if share < method.top_p:
                    kept.append(symbol)
                share += math.exp(scores[symbol]) / total
            total = sum(math.exp(scores[symbol]) for symbol in kept)
            for symbol in kept:
                chance = before * math.exp(scores[symbol]) / total
                if symbol == END:
                    found[tokens] = chance
                else:
                    grown[*tokens, symbol] = chance
        begun = grown
    return found


def slow_beam(
    model: Markov, chain: int, limit: int, width: int, penalty: LengthPenalty, count: int
) -> list[tuple[float, list[int]]]:
    """Beam search for one sentence, with lists, without any early stop."""
    live: list[tuple[float, list[int]]] = [(0.0, [])]
    complete: list[tuple[float, list[int]]] = []
    for _ in range(limit + 1):
        grown = []
        for total, tokens in live:
            place = min(len(tokens), model.logits.shape[1] - 1)
            row = torch.log_softmax(model.logits[chain, place, tokens[-1] if tokens else START], 0)
            grown += [(total + float(row[symbol]), [*tokens, symbol]) for symbol in range(model.vocabulary)]
        grown.sort(key=lambda candidate: -candidate[0])
        for total, tokens in grown[:width]:
            if tokens[-1] == END:
                complete.append((penalty.score(total, len(tokens)), tokens[:-1]))
        live = [candidate for candidate in grown if candidate[1][-1] != END][:width]
    return sorted((c for c in complete if not math.isinf(c[0])), key=lambda output: -output[0])[:count]


def slow_diverse_beam(
    model: Markov, chain: int, limit: int, width: int, groups: int, strength: float, penalty: LengthPenalty
) -> list[tuple[float, list[int]]]:
    """Diverse beam search for one sentence, with lists, without any early stop; of each group the ``width`` best."""
    live: list[list[tuple[float, list[int]]]] = [[(0.0, [])] for _ in range(groups)]
    complete: list[list[tuple[float, list[int]]]] = [[] for _ in range(groups)]
    for _ in range(limit + 1):
        chosen: list[int] = []
        for group in range(groups):
            grown = []
            for total, tokens in live[group]:
                place = min(len(tokens), model.logits.shape[1] - 1)
                row = torch.log_softmax(model.logits[chain, place, tokens[-1] if tokens else START], 0)
                grown += [(total + float(row[symbol]), [*tokens, symbol]) for symbol in range(model.vocabulary)]
            grown.sort(key=lambda candidate: strength * chosen.count(candidate[1][-1]) - candidate[0])
            ended = [candidate for candidate in grown[:width] if candidate[1][-1] == END]
            live[group] = [candidate for candidate in grown if candidate[1][-1] != END][:width]
            complete[group] += [(penalty.score(total, len(tokens)), tokens[:-1]) for total, tokens in ended]
            chosen += [tokens[-1] for _, tokens in live[group]]
    best = [output for found in complete for output in sorted(found, key=lambda output: -output[0])[:width]]
    distinct = {tuple(tokens): score for score, tokens in best}
    return sorted(((score, list(tokens)) for tokens, score in distinct.items()), key=lambda output: -output[0])
