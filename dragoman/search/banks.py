"""The places of a beam, shared among hypotheses that have come differently far in their constraints.

By score alone, a beam is full of hypotheses that have not begun with what they must contain, and puts it off until it
has to stand behind everything else. So every distance from satisfying the constraint is a *bank* with places of its own
(Post and Vilar 2018, section 3.3).
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor


def by_banks(scores: Float[Tensor, "A c"], to_go: Int[Tensor, "A c"], width: int) -> Int[Tensor, "A w"]:
    """The places of the ``width`` hypotheses of each sentence that are followed: of each bank in turn the best one that
    is left. Where there are more distances than places, neighbouring distances share a bank.

    >>> scores = torch.tensor([[-1.0, -2.0, -3.0, -9.0]])
    >>> by_banks(scores, torch.tensor([[2, 2, 2, 1]]), 2)
    tensor([[3, 0]])

    Args:
        scores: score of each continuation; −∞ for one that is impossible.
        to_go: the least number of symbols that are missing to satisfy the constraint.
        width: number of hypotheses to follow.

    Returns:
        Places of continuations; impossible ones come last.
    """
    order = scores.argsort(dim=1, descending=True, stable=True)
    possible = scores.gather(1, order).isfinite()
    bank = _banks(to_go.gather(1, order).masked_fill(~possible, -1), width)
    # How many of the same bank are better.
    rank = (bank[:, :, None] == bank[:, None, :]).tril(-1).sum(2)
    turn = (rank * (width + 1) + bank).masked_fill(~possible, torch.iinfo(torch.int64).max)
    return order.gather(1, turn.argsort(dim=1, stable=True)[:, :width])


def _banks(to_go: Int[Tensor, "A c"], width: int) -> Int[Tensor, "A c"]:
    """The bank of each continuation, from the nearest on; −1 stands for a distance that is none."""
    nearest, places = to_go.sort(1)
    new = torch.ones_like(nearest)
    new[:, 1:] = (nearest[:, 1:] != nearest[:, :-1]).long()
    new = torch.where(nearest < 0, 0, new)
    level = torch.zeros_like(new).scatter(1, places, (new.cumsum(1) - 1).clamp(min=0))
    levels = level.amax(1, keepdim=True) + 1
    return level * levels.clamp(max=width) // levels
