"""Ancestral sampling: each symbol is drawn from what the model gives after those before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import Ending, Hypothesis, State, StepFunction
from dragoman.search.scores import Normalizer, log_normalizer
from dragoman.search.truncation import keep_top_k, keep_top_p, with_temperature


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a symbol is drawn; the temperature is applied first.

    Attributes:
        temperature: above 0; below 1 the probable becomes more so, above 1 less.
        top_k: only so many of the most probable symbols are drawn from; 1 is greedy search, 0 takes all.
        top_p: only the most probable symbols that together have this probability are drawn from; 1 takes all.
        seed: of the draws.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 1

    def chances(self, log_p: Float[Tensor, "R V"], forbidden: Sequence[int]) -> Float[Tensor, "R V"]:
        """The probabilities that symbols are drawn with."""
        scores = log_p.clone()
        scores[:, list(forbidden)] = float("-inf")
        scores = with_temperature(scores, self.temperature)
        return torch.softmax(keep_top_p(keep_top_k(scores, self.top_k), self.top_p), 1)

    def generator(self, row: int) -> torch.Generator:
        """Of a row's draws; neighbouring rows and seeds do not share one."""
        mixed = (self.seed * 0x9E3779B97F4A7C15 + row * 0xBF58476D1CE4E5B9 + 1) % 2**63
        return torch.Generator().manual_seed(mixed)


@dataclass(slots=True)
class _Text:
    """One row on its way."""

    prompt: Sequence[int]
    limit: int
    generator: torch.Generator
    tokens: list[int] = field(default_factory=list)
    log_probability: float = 0.0
    read: int = 0
    ending: Ending | None = None

    def go_on(self, log_p: Float[Tensor, " V"], chances: Float[Tensor, " V"], end: int) -> int:
        """The next symbol, of the prompt while that lasts."""
        if self.read < len(self.prompt):
            self.read += 1
            return self.prompt[self.read - 1]
        symbol = int(torch.multinomial(chances, 1, generator=self.generator))
        if symbol != end and len(self.tokens) == self.limit:
            self.ending = Ending.LENGTH
            return symbol
        self.log_probability += float(log_p[symbol])
        if symbol == end:
            self.ending = Ending.COMPLETE
        else:
            self.tokens.append(symbol)
        return symbol


def sample(
    step: StepFunction[State],
    state: State,
    *,
    start: int,
    end: int,
    limits: Sequence[int],
    sampling: Sampling,
    forbidden: Sequence[int] = (),
    prompts: Sequence[Sequence[int]] | None = None,
    normalizer: Normalizer = log_normalizer,
) -> list[Hypothesis]:
    """One drawn hypothesis per row; finished rows leave the batch. A row's draws depend on the seed and its number
    alone, not on the rows beside it.

    Args:
        step: scores of the next symbol.
        state: one row per text.
        start: symbol read first.
        end: symbol that completes a text.
        limits: most tokens of each text, neither prompt nor end symbol counted.
        sampling: how symbols are drawn.
        forbidden: symbols never drawn.
        prompts: symbols that each text begins with; they are read, not drawn.
        normalizer: of the scores.

    Returns:
        For each row its hypothesis without the prompt, scored by its log-probability under the model as it is:
        temperature 1, and nothing cut off.
    """
    begun = prompts if prompts is not None else [[] for _ in limits]
    texts = [
        _Text(prompt, limit, sampling.generator(row))
        for row, (prompt, limit) in enumerate(zip(begun, limits, strict=True))
    ]
    live, last = texts, torch.full((len(texts),), start)
    while live:
        logits, state = step(last, state)
        log_p = (logits - normalizer(logits)[:, None]).double().cpu()
        chances = sampling.chances(log_p, forbidden)
        chosen = [text.go_on(p, chance, end) for text, p, chance in zip(live, log_p, chances, strict=True)]
        kept = [place for place, text in enumerate(live) if text.ending is None]
        if kept and len(kept) < len(live):
            state = state.select(torch.tensor(kept))
        live = [live[place] for place in kept]
        last = torch.tensor([chosen[place] for place in kept], dtype=torch.int64)
    return [
        Hypothesis(text.tokens, text.log_probability, text.log_probability, text.ending)
        for text in texts
        if text.ending is not None
    ]
