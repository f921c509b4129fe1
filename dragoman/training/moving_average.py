"""Exponential moving average of the weights."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


class MovingAverage:
    """a ← d·a + (1 − d)·w after each update (Polyak & Juditsky 1992; exponential as in Kingma & Ba 2015, section 7.2).

    The decay of early updates is smaller, min(d, (1 + u) / (10 + u)), so that the first weights are soon forgotten.

    Args:
        weights: w, flat. With ``decay`` 0 the average is these weights themselves and costs nothing.
        decay: d.
    """

    def __init__(self, weights: Float[Tensor, " P"], decay: float) -> None:
        self.decay = decay
        self._weights = weights
        self.average = weights.clone() if decay else weights

    def update(self, updates: int) -> None:
        """Take the weights after ``updates`` updates in."""
        if self.decay:
            decay = min(self.decay, (1 + updates) / (10 + updates))
            self.average.lerp_(self._weights, 1 - decay)
