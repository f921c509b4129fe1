"""Ancestral sampling: each symbol is drawn from what the model gives after those before."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import Ending, Hypothesis, State, StepFunction
from dragoman.search.scores import Normalizer, log_normalizer
from dragoman.search.truncation import keep_top_k, keep_top_p, with_temperature


def sample(
    step: StepFunction[State],
    state: State,
    *,
    start: int,
    end: int,
    limits: Sequence[int],
    seed: int,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
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
        seed: of the draws.
        temperature: above 0; see :func:`~dragoman.search.truncation.with_temperature`, which is applied first.
        top_k: see :func:`~dragoman.search.truncation.keep_top_k`; 1 is greedy search.
        top_p: see :func:`~dragoman.search.truncation.keep_top_p`.
        forbidden: symbols never drawn.
        prompts: symbols that each text begins with; they are read, not drawn.
        normalizer: of the scores.

    Returns:
        For each row its hypothesis without the prompt, scored by its log-probability under the model as it is:
        temperature 1, and nothing cut off.
    """
    begun = [list(prompt) for prompt in prompts] if prompts is not None else [[] for _ in limits]
    written: list[list[int]] = [[] for _ in limits]
    totals = [0.0] * len(limits)
    endings: dict[int, Ending] = {}
    generators = [torch.Generator().manual_seed(_mixed(seed, row)) for row in range(len(limits))]
    rows = list(range(len(limits)))
    last = torch.full((len(rows),), start)
    position = 0
    while rows:
        logits, state = step(last, state)
        log_p = (logits - normalizer(logits)[:, None]).double().cpu()
        chances = _chances(log_p, temperature, top_k, top_p, forbidden)
        chosen = []
        for place, row in enumerate(rows):
            if position < len(begun[row]):
                chosen.append(begun[row][position])
                continue
            symbol = int(torch.multinomial(chances[place], 1, generator=generators[row]))
            if symbol != end and len(written[row]) == limits[row]:
                endings[row] = Ending.LENGTH
            else:
                totals[row] += float(log_p[place, symbol])
                if symbol == end:
                    endings[row] = Ending.COMPLETE
                else:
                    written[row].append(symbol)
            chosen.append(symbol)
        live = [place for place, row in enumerate(rows) if row not in endings]
        rows = [rows[place] for place in live]
        last = torch.tensor([chosen[place] for place in live], dtype=torch.int64)
        if rows and len(live) < len(chosen):
            state = state.select(torch.tensor(live))
        position += 1
    return [
        Hypothesis(tokens, total, total, endings[row])
        for row, (tokens, total) in enumerate(zip(written, totals, strict=True))
    ]


def _chances(
    log_p: Float[Tensor, "R V"], temperature: float, top_k: int, top_p: float, forbidden: Sequence[int]
) -> Float[Tensor, "R V"]:
    scores = log_p.clone()
    scores[:, list(forbidden)] = float("-inf")
    scores = with_temperature(scores, temperature)
    return torch.softmax(keep_top_p(keep_top_k(scores, top_k), top_p), 1)


def _mixed(seed: int, row: int) -> int:
    """A seed of its own for each row; neighbouring rows and seeds shall not share one."""
    return (seed * 0x9E3779B97F4A7C15 + row * 0xBF58476D1CE4E5B9 + 1) % 2**63
