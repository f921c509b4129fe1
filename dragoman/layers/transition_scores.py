"""The learnt scores of tags that stand beside each other."""

from __future__ import annotations

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from dragoman.contracts import AllowedTransitions
from dragoman.layers.conditional_random_field import Transitions


class TransitionScores(nn.Module):
    """The scores of beginning with a tag, of one tag behind another, and of ending with a tag; 0 at first.

    Scores of what is not allowed are −∞, whatever the parameters are.

    >>> scores = TransitionScores(3)()
    >>> scores.first.shape, scores.following.shape, scores.last.shape
    (torch.Size([3]), torch.Size([3, 3]), torch.Size([3]))

    Args:
        tags: number of tags K.
        allowed: which tags may stand beside each other; None for all.
    """

    forbidden_first: Bool[Tensor, " K"] | None
    forbidden_following: Bool[Tensor, "K K"] | None
    forbidden_last: Bool[Tensor, " K"] | None

    def __init__(self, tags: int, allowed: AllowedTransitions | None = None) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.zeros(tags))
        self.following = nn.Parameter(torch.zeros(tags, tags))
        self.last = nn.Parameter(torch.zeros(tags))
        for name in Transitions._fields:
            forbidden = None if allowed is None else torch.tensor(~getattr(allowed, name))
            self.register_buffer(f"forbidden_{name}", forbidden, persistent=False)

    def forward(self) -> Transitions:
        """The scores, with −∞ for what is not allowed."""
        return Transitions(
            _masked(self.first, self.forbidden_first),
            _masked(self.following, self.forbidden_following),
            _masked(self.last, self.forbidden_last),
        )


def _masked(scores: Tensor, forbidden: Bool[Tensor, "*K"] | None) -> Tensor:
    return scores if forbidden is None else scores.masked_fill(forbidden, float("-inf"))
