"""Diverse beam search: several beams for each sentence, each of which keeps away from what those before it chose."""

from __future__ import annotations

from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import Beam, DiverseBeam, Hypothesis, State, StepFunction
from dragoman.search.beam import Grouping, beam_search
from dragoman.search.recorder import Recorder
from dragoman.search.rules import SearchRules


def diverse_beam_search(
    step: StepFunction[State], state: State, method: DiverseBeam, rules: SearchRules, recorder: Recorder | None = None
) -> list[list[Hypothesis]]:
    """The best hypotheses of several groups (Vijayakumar et al. 2018, algorithm 1, with Hamming diversity).

    At each step the groups choose in turn. Each is a beam of ``width / groups`` hypotheses; in its choice, a
    continuation costs ``strength`` for each time that groups before it chose the same symbol at this step. The cost
    counts in that choice alone, and in no score. To end costs nothing, or later groups would write on and on. A search
    ends when no group has a hypothesis that can still be among
    its best.

    >>> from dragoman.contracts import Nothing
    >>> table = torch.tensor([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0.8, 0.1, 0.1], [0, 0.9, 0.05, 0.05]]).log()
    >>> def step(tokens, state):  # the scores of the next symbol depend on the last symbol alone
    ...     return table[tokens], state
    >>> rules = SearchRules(start=0, end=1, limits=[5], n_best=2)
    >>> for strength in (0.0, 3.0):
    ...     (found,) = diverse_beam_search(step, Nothing(1), DiverseBeam(2, 2, strength), rules)
    ...     print([hypothesis.tokens for hypothesis in found])
    [[2]]
    [[2], [3]]

    Args:
        step: function that gives the scores of the next symbol.
        state: the model's state before the first step, one row per sentence.
        method: width of all beams together, number of groups, strength, and the comparison of hypotheses of different
            lengths.
        rules: the rules of the search.
        recorder: recorder of what is considered, if a trace is wanted.

    Returns:
        For each sentence up to ``rules.n_best`` distinct hypotheses, of the ``width / groups`` best of each group:
        complete ones by score, then cut ones by score.
    """
    width, groups = method.width // method.groups, method.groups
    rank = partial(hamming_ranks, width=width, end=rules.end, strength=method.strength)
    grouping = Grouping(groups, rank, further=(groups - 1) * width) if groups > 1 else None
    return beam_search(step, state, Beam(width, method.length_penalty), rules, recorder, grouping=grouping)


def hamming_ranks(
    totals: Float[Tensor, "A C"],
    symbols: Int[Tensor, "A C"],
    owners: Int[Tensor, " A"],
    groups: Int[Tensor, " A"],
    *,
    width: int,
    end: int,
    strength: float,
) -> Float[Tensor, "A C"]:
    """The log-probability of each continuation, less ``strength`` for each time that a group before its own chose its
    symbol, unless that is the end symbol.

    >>> totals, symbols = torch.tensor([[-1.0, -2.0], [-1.0, -2.0]]), torch.tensor([[5, 6], [5, 6]])
    >>> hamming_ranks(totals, symbols, torch.tensor([0, 0]), torch.tensor([0, 1]), width=1, end=1, strength=3.0)
    tensor([[-1., -2.],
            [-4., -2.]])

    Args:
        totals: log-probability of each continuation of each group; −∞ for none.
        symbols: symbol of each.
        owners: sentence of each group.
        groups: number of each group in its sentence, from 0.
        width: number of hypotheses that each group follows.
        end: symbol that completes a hypothesis.
        strength: factor λ of the penalty.
    """
    chosen = torch.zeros(int(owners.max()) + 1, int(symbols.max()) + 1, dtype=totals.dtype)
    ranks = totals.clone()
    for group in range(int(groups.max()) + 1):
        places = (groups == group).nonzero()[:, 0]
        of_group = symbols[places]
        ranks[places] -= strength * chosen[owners[places]].gather(1, of_group)
        # What a group chooses are the first that go on, as in beam search.
        order = ranks[places].sort(dim=1, descending=True, stable=True).indices
        ordered = of_group.gather(1, order)
        going = (ordered != end) & totals[places].gather(1, order).isfinite()
        going &= going.cumsum(1) <= width
        rows = owners[places, None].expand_as(ordered)
        chosen.index_put_((rows, ordered), going.to(totals.dtype), accumulate=True)
    return ranks
