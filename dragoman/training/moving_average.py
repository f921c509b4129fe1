"""Exponential moving average of the weights."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


class MovingAverage:
    """The exponential moving average a of the weights w, for validation and use.

    After each update a ← d·a + (1 − d)·w (Polyak & Juditsky 1992; exponential as in Kingma & Ba 2015, section 7.2). The
    decay of early updates is smaller, min(d, (1 + u) / (10 + u)), so that the first weights are soon forgotten.

    >>> import torch
    >>> weights = torch.zeros(2)
    >>> average = MovingAverage(weights, decay=0.9)
    >>> for update in range(1, 4):
    ...     weights += 1.0
    ...     average.update(update)
    >>> weights, average.average
    (tensor([3., 3.]), tensor([2.6014, 2.6014]))

    Args:
        weights: the flat weights w. With ``decay`` 0 the average is these weights themselves and costs nothing.
        decay: the decay d, in [0, 1).
    """

    def __init__(self, weights: Float[Tensor, " P"], decay: float) -> None:
        self.decay = decay
        self._weights = weights
        self.average = weights.clone() if decay else weights

    def update(self, updates: int) -> None:
        """Take in the weights as they are after ``updates`` updates."""
        if self.decay:
            decay = min(self.decay, (1 + updates) / (10 + updates))
            self.average.lerp_(self._weights, 1 - decay)
