"""Weight decay on matrices: decoupled, or as the textbook's penalty in the loss."""

from __future__ import annotations

import torch

from dragoman.training.parameters import FlatParameters


def add_l2_gradient(parameters: FlatParameters, strength: float) -> None:
    """Add the gradient λ·w of the penalty λ/2·‖w‖² to the gradient of the loss, for matrices only.

    The penalty itself is not added to the loss that is reported, so that losses stay comparable between strengths.
    """
    decayed = parameters.map.decayed
    parameters.gradient[:decayed].add_(parameters.master[:decayed], alpha=strength)


def decay_groups(parameters: FlatParameters, strength: float) -> list[dict[str, object]]:
    """The two groups of an AdamW optimizer (Loshchilov & Hutter 2019, algorithm 2): matrices decay, vectors do not."""
    decayed = parameters.map.decayed
    groups: list[dict[str, object]] = []
    for part, decay in ((slice(0, decayed), strength), (slice(decayed, None), 0.0)):
        weights = torch.nn.Parameter(parameters.master[part])
        weights.grad = parameters.gradient[part]
        groups.append({"params": [weights], "weight_decay": decay})
    return groups
