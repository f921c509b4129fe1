"""Greedy search: the most probable symbol at each step."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from dragoman.contracts import Ending, Hypothesis, State, StepFunction
from dragoman.search.repetition import RepetitionRule
from dragoman.search.scores import Normalizer, continuations_of, log_normalizer


def greedy_search(
    step: StepFunction[State],
    state: State,
    *,
    start: int,
    end: int,
    limits: Sequence[int],
    forbidden: Sequence[int] = (),
    repetition: RepetitionRule = RepetitionRule(),  # noqa: B008  # frozen
    normalizer: Normalizer = log_normalizer,
) -> list[Hypothesis]:
    """One hypothesis per sentence; finished sentences leave the batch.

    Args:
        step: scores of the next symbol.
        state: one row per sentence.
        start: symbol read first.
        end: symbol that completes a hypothesis.
        limits: most tokens of each sentence, the end symbol not counted.
        forbidden: symbols never written.
        repetition: what counts as a loop, which is cut.
        normalizer: of the scores; see :func:`~dragoman.search.scores.unnormalized`.

    Returns:
        For each sentence its hypothesis, scored by log-probability.
    """
    results: list[Hypothesis | None] = [None] * len(limits)
    sentences = torch.arange(len(limits))
    limit_of = torch.tensor(list(limits))
    tokens = torch.full((len(limits), 1), start)
    total = torch.zeros(len(limits), dtype=torch.float64)
    banned = torch.tensor(list(forbidden), dtype=torch.int64)
    best_continuations = continuations_of(step, normalizer)
    while len(sentences):
        values, ids, state = best_continuations(tokens[:, -1], state, 1 + len(forbidden))
        values, ids = values.cpu().double(), ids.cpu()
        values = values.masked_fill(torch.isin(ids, banned), float("-inf"))
        value, place = values.max(1)
        chosen = ids.gather(1, place[:, None])
        written = tokens.shape[1] - 1
        complete = (chosen[:, 0] == end) & value.isfinite()
        too_long = ~complete & ((written >= limit_of) | ~value.isfinite())
        grown = torch.cat([tokens, chosen], 1)
        looping = ~complete & ~too_long & repetition.find(grown[:, 1:])
        total = torch.where(too_long, total, total + value)
        done = complete | too_long | looping
        for row in done.nonzero()[:, 0].tolist():
            output = (grown if looping[row] else tokens)[row, 1:].tolist()
            ending = Ending.COMPLETE if complete[row] else Ending.LENGTH if too_long[row] else Ending.REPETITION
            kept = repetition.cut(output) if ending is Ending.REPETITION else output
            score = float(total[row])
            results[int(sentences[row])] = Hypothesis(kept, score, score, ending)
        tokens = grown
        if bool(done.any()):
            live = (~done).nonzero()[:, 0]
            sentences, limit_of, tokens, total = sentences[live], limit_of[live], tokens[live], total[live]
            state = state.select(live)
    return [result for result in results if result is not None]
