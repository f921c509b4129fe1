"""The length penalty of beam search, so that long hypotheses are not at a disadvantage."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, slots=True)
class LengthPenalty:
    """lp(n) = ((5 + n) / 6)^α for n tokens, the end symbol included (Wu et al. 2016, eq. 14).

    >>> penalty = LengthPenalty(1.0)
    >>> penalty.score(-6.0, 7), penalty.score(-7.5, 13)  # the longer hypothesis now has the higher score
    (-3.0, -2.5)

    Attributes:
        alpha: exponent α; 0 leaves the log-probability as it is.
    """

    alpha: float

    def divisor(self, length: int) -> float:
        """lp(n), by which the log-probability of a hypothesis of n = ``length`` tokens is divided."""
        return float(((5 + length) / 6) ** self.alpha)

    def score(self, log_probability: float, length: int) -> float:
        """The score log P / lp(n) of a hypothesis of n = ``length`` tokens."""
        return log_probability / self.divisor(length)

    def upper_bounds(
        self, log_probabilities: Float[Tensor, "A k"], length: int, longest: Float[Tensor, "A 1"]
    ) -> Float[Tensor, "A k"]:
        """The best score that any hypothesis of ``length`` tokens or more can reach from each log-probability.

        More tokens can only lower the log-probability, and lp is monotone, so the best case is the present
        log-probability at one of the two lengths, whatever the sign of α.

        Args:
            log_probabilities: log-probability of each hypothesis, in float64.
            length: number of tokens so far, the end symbol included.
            longest: :meth:`divisor` of the most tokens of each sentence.
        """
        return torch.maximum(log_probabilities / self.divisor(length), log_probabilities / longest)
