"""What a model is trained for, beside what its recipe of the architecture says."""

from __future__ import annotations

from typing import NamedTuple


class Objective(NamedTuple):
    """Numbers of the training loss, which decoders get when they are built. They are no part of the weights.

    Attributes:
        smoothing: share of the wanted probability that is spread evenly over all symbols or classes; what has no such
            probability has no use for it.
        class_weights: how much each class counts in a loss over labels; None for 1 each.
    """

    smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
