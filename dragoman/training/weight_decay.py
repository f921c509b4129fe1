"""Weight decay as the textbook's penalty in the loss."""

from __future__ import annotations

from dragoman.training.parameters import FlatParameters


def add_l2_gradient(parameters: FlatParameters, strength: float) -> None:
    """Add the gradient λ·w of the penalty λ/2·‖w‖² to the gradient of the loss, for matrices only.

    The penalty itself is not added to the loss that is reported, so that losses stay comparable between strengths.
    """
    decayed = parameters.map.decayed
    parameters.gradient[:decayed].add_(parameters.master[:decayed], alpha=strength)
