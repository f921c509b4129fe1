"""Greedy search: the most probable symbol at each step."""

from __future__ import annotations

import torch

from dragoman.contracts import Ending, Fate, Hypothesis, State, StepFunction
from dragoman.search.recorder import Recorder
from dragoman.search.rules import SearchRules
from dragoman.search.scores import continuations_of


def greedy_search(
    step: StepFunction[State], state: State, rules: SearchRules, recorder: Recorder | None = None
) -> list[Hypothesis]:
    """One hypothesis per row; finished rows leave the batch.

    >>> from dragoman.contracts import Nothing
    >>> table = torch.tensor([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0.4, 0.3, 0.3], [0, 0.9, 0.05, 0.05]]).log()
    >>> def step(tokens, state):  # the scores of the next symbol depend on the last symbol alone
    ...     return table[tokens], state
    >>> rules = SearchRules(start=0, end=1, limits=[5])
    >>> greedy_search(step, Nothing(1), rules)[0].tokens
    [2]

    Args:
        step: function that gives the scores of the next symbol.
        state: the model's state before the first step, one row per output.
        rules: the rules of the search.
        recorder: recorder of what is considered, if a trace is wanted.

    Returns:
        For each row its hypothesis, scored by log-probability.
    """
    results: list[Hypothesis | None] = [None] * len(rules.limits)
    sentences = torch.arange(len(rules.limits))
    prefixes = rules.prefix_table()
    given = (prefixes >= 0).sum(1)
    limit_of = torch.tensor(list(rules.limits), dtype=torch.int64) + given
    tokens = torch.full((len(rules.limits), 1), rules.start)
    total = torch.zeros(len(rules.limits), dtype=torch.float64)
    banned = torch.tensor(list(rules.forbidden), dtype=torch.int64)
    best_continuations = continuations_of(step, rules.normalizer)
    while len(sentences):
        values, ids, state = best_continuations(tokens[:, -1], state, 1 + len(rules.forbidden))
        values, ids = values.cpu().double(), ids.cpu()
        values = values.masked_fill(torch.isin(ids, banned), float("-inf"))
        value, place = values.max(1)
        chosen = ids.gather(1, place[:, None])
        written = tokens.shape[1] - 1
        if written < prefixes.shape[1]:
            forced = prefixes[sentences, written]
            chosen = torch.where(forced < 0, chosen[:, 0], forced)[:, None]
            value = torch.where(forced < 0, value, 0.0)
        complete = (chosen[:, 0] == rules.end) & value.isfinite()
        too_long = ~complete & ((written >= limit_of) | ~value.isfinite())
        grown = torch.cat([tokens, chosen], 1)
        looping = ~complete & ~too_long & (written >= given[sentences]) & rules.repetition.find(grown[:, 1:])
        total = torch.where(too_long, total, total + value)
        done = complete | too_long | looping
        if recorder is not None:
            fates = [
                Fate.LENGTH if cut else Fate.COMPLETE if ends else Fate.REPETITION if loops else Fate.CONTINUED
                for cut, ends, loops in zip(too_long.tolist(), complete.tolist(), looping.tolist(), strict=True)
            ]
            _record(recorder, sentences.tolist(), grown[:, 1:].tolist(), total.tolist(), fates)
        for row in done.nonzero()[:, 0].tolist():
            output = (grown if looping[row] else tokens)[row, 1:].tolist()
            ending = Ending.COMPLETE if complete[row] else Ending.LENGTH if too_long[row] else Ending.REPETITION
            kept = rules.repetition.cut(output) if ending is Ending.REPETITION else output
            score, sentence = float(total[row]), int(sentences[row])
            results[sentence] = Hypothesis(kept[int(given[sentence]) :], score, score, ending)
        tokens = grown
        if bool(done.any()):
            live = (~done).nonzero()[:, 0]
            sentences, limit_of, tokens, total = sentences[live], limit_of[live], tokens[live], total[live]
            state = state.select(live)
    return [result for result in results if result is not None]


def _record(
    recorder: Recorder, sentences: list[int], outputs: list[list[int]], totals: list[float], fates: list[Fate]
) -> None:
    """Write down what became of each row's hypothesis at one step; one that reached its limit does not grow."""
    for sentence, output, total, fate in zip(sentences, outputs, totals, fates, strict=True):
        if fate is Fate.LENGTH:
            recorder.decide(sentence, output[:-1], fate)
        else:
            recorder.consider(sentence, output, total, total, fate)
