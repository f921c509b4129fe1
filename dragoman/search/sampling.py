"""Ancestral sampling: each symbol is drawn from the model's distribution after the symbols before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped, UInt64
from torch import Tensor

from dragoman.contracts import Ending, Fate, Hypothesis, Sample, State, StepFunction
from dragoman.search.recorder import Recorder
from dragoman.search.rules import SearchRules
from dragoman.search.truncation import keep_top_k, keep_top_p, with_temperature


@dataclass(slots=True)
class _Text:
    """One text that is being written.

    Attributes:
        row: row that it is drawn for.
        number: number of the row, on which its draws depend.
        draw: which of the row's draws it is, from 0.
    """

    row: int
    number: int
    draw: int
    prefix: Sequence[int]
    limit: int
    tokens: list[int] = field(default_factory=list)
    log_probability: float = 0.0
    read: int = 0
    ending: Ending | None = None

    def go_on(self, symbol: int, log_probability: float, end: int) -> int:
        """The symbol to read next: one of the prefix while there are some, else the drawn one, which is added to the
        text."""
        if self.read < len(self.prefix):
            self.read += 1
            return self.prefix[self.read - 1]
        if symbol != end and len(self.tokens) == self.limit:
            self.ending = Ending.LENGTH
            return symbol
        self.log_probability += log_probability
        if symbol == end:
            self.ending = Ending.COMPLETE
        else:
            self.tokens.append(symbol)
        return symbol


def sample(
    step: StepFunction[State], state: State, method: Sample, rules: SearchRules, recorder: Recorder | None = None
) -> list[list[Hypothesis]]:
    """``rules.n_best`` drawn hypotheses of each row; finished ones leave the batch.

    Each draw depends on the seed, the row's number and the draw's alone, not on the rows and draws beside it.

    >>> from dragoman.contracts import Nothing
    >>> table = torch.tensor([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0.4, 0.3, 0.3], [0, 0.9, 0.05, 0.05]]).log()
    >>> def step(tokens, state):  # the scores of the next symbol depend on the last symbol alone
    ...     return table[tokens], state
    >>> one, other = sample(step, Nothing(2), Sample(seed=1), SearchRules(start=0, end=1, limits=[5] * 2, n_best=3))
    >>> len(one), all(set(text.tokens) <= {2, 3} for text in one)
    (3, True)
    >>> sample(step, Nothing(1), Sample(seed=1), SearchRules(start=0, end=1, limits=[5]))[0] == one[:1]
    True

    Args:
        step: function that gives the scores of the next symbol.
        state: the model's state before the first step, one row per row of the result.
        method: temperature, truncation and seed of the draws.
        rules: the rules of the search; its rule on repetition is ignored.
        recorder: recorder of what is drawn, if a trace is wanted.

    Returns:
        For each row its hypotheses without the prefix, in the order in which they were drawn, each scored by its
        log-probability under the model itself, with temperature 1 and without truncation.
    """
    rows = len(rules.limits)
    begun = rules.prefixes if rules.prefixes is not None else [()] * rows
    numbers = rules.numbers if rules.numbers is not None else range(rows)
    texts = [
        _Text(row, number, draw, prefix, limit)
        for row, (number, prefix, limit) in enumerate(zip(numbers, begun, rules.limits, strict=True))
        for draw in range(rules.n_best)
    ]
    if rules.n_best > 1:
        state = state.select(torch.arange(rows).repeat_interleave(rules.n_best))
    draws = _Draws(method.seed, texts)
    live, last = texts, torch.full((len(texts),), rules.start)
    while live:
        logits, state = step(last, state)
        log_p = (logits - rules.normalizer(logits)[:, None]).double().cpu()
        symbols = draws.symbols(live, _chances(method, log_p, rules.forbidden))
        drawn = zip(live, symbols.tolist(), log_p.gather(1, symbols[:, None])[:, 0].tolist(), strict=True)
        chosen = [text.go_on(symbol, p, rules.end) for text, symbol, p in drawn]
        if recorder is not None:
            for text in live:
                _record(text, rules.end, recorder)
        kept = [place for place, text in enumerate(live) if text.ending is None]
        if kept and len(kept) < len(live):
            state = state.select(torch.tensor(kept))
        live = [live[place] for place in kept]
        last = torch.tensor([chosen[place] for place in kept], dtype=torch.int64)
    found = [
        Hypothesis(text.tokens, text.log_probability, text.log_probability, text.ending)
        for text in texts
        if text.ending is not None
    ]
    return [found[row * rules.n_best : (row + 1) * rules.n_best] for row in range(rows)]


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


class _Draws:
    """The random numbers of all texts.

    The first draw of a row takes a random number for each symbol of the vocabulary from a generator of its own, so that
    it stays what it has always been. The others take one for each step, which is a hash of seed, row, draw and step.

    Args:
        seed: seed of all draws.
        texts: the texts, which are told apart by row and draw.
    """

    def __init__(self, seed: int, texts: Sequence[_Text]) -> None:
        self._seed = seed
        self._generators = {id(text): _generator(seed, text.number) for text in texts if text.draw == 0}

    def symbols(self, texts: Sequence[_Text], chances: Float[Tensor, "R V"]) -> Int[Tensor, " R"]:
        """A symbol for each text, drawn with the given probabilities; texts in their prefix draw nothing."""
        symbols = torch.zeros(len(texts), dtype=torch.int64)
        writing = [place for place, text in enumerate(texts) if text.read == len(text.prefix)]
        first = [place for place in writing if texts[place].draw == 0]
        for place in first:
            generator = self._generators[id(texts[place])]
            symbols[place] = torch.multinomial(chances[place], 1, generator=generator)[0]
        others = [place for place in writing if texts[place].draw > 0]
        if others:
            keys = [(texts[place].number, texts[place].draw, len(texts[place].tokens)) for place in others]
            points = torch.from_numpy(_uniform(self._seed, np.array(keys, dtype=object).T))
            sums = chances[others].cumsum(1)
            found = torch.searchsorted(sums, (points * sums[:, -1])[:, None], right=True)[:, 0]
            symbols[others] = found.clamp(max=chances.shape[1] - 1)
        return symbols


def _generator(seed: int, number: int) -> torch.Generator:
    """The random generator of a row; neighbouring rows and seeds have independent ones."""
    mixed = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9 + 1) % 2**63
    return torch.Generator().manual_seed(mixed)


def _uniform(seed: int, keys: Shaped[np.ndarray, "k n"]) -> Float[np.ndarray, " n"]:
    """A number in [0, 1) for each column of whole numbers: the output function of SplitMix64 (Steele et al. 2014,
    "Fast Splittable Pseudorandom Number Generators") as a hash, applied to the seed and then to each number in turn."""
    state = np.full(keys.shape[1], seed, dtype=np.uint64)
    for key in keys:
        state = _mixed(state ^ _mixed((key % 2**64).astype(np.uint64)))
    return (state >> np.uint64(11)) * 2.0**-53


def _mixed(state: UInt64[np.ndarray, " n"]) -> UInt64[np.ndarray, " n"]:
    """The next state of SplitMix64, mixed."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
