"""What a hypothesis's log-probability is divided by, so that long ones are not at a disadvantage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LengthPenalty:
    """lp(n) = ((5 + n) / 6)^α for n tokens, the end symbol included (Wu et al. 2016, eq. 14).

    Attributes:
        alpha: α; 0 leaves the log-probability as it is.
    """

    alpha: float

    def score(self, log_probability: float, length: int) -> float:
        """log P / lp(length)."""
        return log_probability / ((5 + length) / 6) ** self.alpha

    def upper_bound(self, log_probability: float, length: int, longest: int) -> float:
        """The best score that any hypothesis of ``length`` to ``longest`` tokens can reach from here.

        More tokens can only lower the log-probability, and lp is monotone, so the best case is the log-probability of
        now at one of the two ends, whatever the sign of α.
        """
        return max(self.score(log_probability, length), self.score(log_probability, longest))
