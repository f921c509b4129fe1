"""Ancestral sampling: each symbol is drawn from the model's distribution after the symbols before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import Ending, Fate, Hypothesis, Sample, State, StepFunction
from dragoman.search.recorder import Recorder
from dragoman.search.rules import SearchRules
from dragoman.search.truncation import keep_top_k, keep_top_p, with_temperature


@dataclass(slots=True)
class _Text:
    """One row that is being written."""

    row: int
    prefix: Sequence[int]
    limit: int
    generator: torch.Generator
    tokens: list[int] = field(default_factory=list)
    log_probability: float = 0.0
    read: int = 0
    ending: Ending | None = None

    def go_on(self, log_p: Float[Tensor, " V"], chances: Float[Tensor, " V"], end: int) -> int:
        """The next symbol: first those of the prefix, then drawn ones."""
        if self.read < len(self.prefix):
            self.read += 1
            return self.prefix[self.read - 1]
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
    step: StepFunction[State], state: State, method: Sample, rules: SearchRules, recorder: Recorder | None = None
) -> list[Hypothesis]:
    """One drawn hypothesis per row; finished rows leave the batch.

    A row's draws depend on the seed and the row's number alone, not on the rows beside it.

    >>> from dragoman.contracts import Nothing
    >>> table = torch.tensor([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0.4, 0.3, 0.3], [0, 0.9, 0.05, 0.05]]).log()
    >>> def step(tokens, state):  # the scores of the next symbol depend on the last symbol alone
    ...     return table[tokens], state
    >>> rules = SearchRules(start=0, end=1, limits=[5] * 4)
    >>> texts = sample(step, Nothing(4), Sample(seed=1), rules)
    >>> len(texts), all(set(text.tokens) <= {2, 3} for text in texts)
    (4, True)
    >>> texts == sample(step, Nothing(4), Sample(seed=1), rules)
    True

    Args:
        step: function that gives the scores of the next symbol.
        state: the model's state before the first step, one row per text.
        method: temperature, truncation and seed of the draws.
        rules: the rules of the search; its rule on repetition is ignored.
        recorder: recorder of what is drawn, if a trace is wanted.

    Returns:
        For each row its hypothesis without the prefix, scored by its log-probability under the model itself, with
        temperature 1 and without truncation.
    """
    begun = rules.prefixes if rules.prefixes is not None else [()] * len(rules.limits)
    numbers = rules.numbers if rules.numbers is not None else range(len(rules.limits))
    texts = [
        _Text(row, prefix, limit, _generator(method.seed, number))
        for row, (number, prefix, limit) in enumerate(zip(numbers, begun, rules.limits, strict=True))
    ]
    live, last = texts, torch.full((len(texts),), rules.start)
    while live:
        logits, state = step(last, state)
        log_p = (logits - rules.normalizer(logits)[:, None]).double().cpu()
        chances = _chances(method, log_p, rules.forbidden)
        chosen = [text.go_on(p, chance, rules.end) for text, p, chance in zip(live, log_p, chances, strict=True)]
        if recorder is not None:
            for text in live:
                _record(text, rules.end, recorder)
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


def _record(text: _Text, end: int, recorder: Recorder) -> None:
    tokens = [*text.prefix[: text.read], *text.tokens]
    if text.ending is Ending.LENGTH:
        recorder.decide(text.row, tokens, Fate.LENGTH)
    elif text.ending is Ending.COMPLETE:
        recorder.consider(text.row, [*tokens, end], text.log_probability, text.log_probability, Fate.COMPLETE)
    else:
        recorder.consider(text.row, tokens, text.log_probability, text.log_probability, Fate.CONTINUED)


def _chances(method: Sample, log_p: Float[Tensor, "R V"], forbidden: Sequence[int]) -> Float[Tensor, "R V"]:
    """The probabilities with which symbols are drawn."""
    scores = log_p.clone()
    scores[:, list(forbidden)] = float("-inf")
    scores = with_temperature(scores, method.temperature)
    return torch.softmax(keep_top_p(keep_top_k(scores, method.top_k), method.top_p), 1)


def _generator(seed: int, number: int) -> torch.Generator:
    """The random generator of a row; neighbouring rows and seeds have independent ones."""
    mixed = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9 + 1) % 2**63
    return torch.Generator().manual_seed(mixed)
