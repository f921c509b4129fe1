"""Bets against p-values being uniform, mixed so that the best of them is followed as it changes.

A bet is a density on [0, 1]. Whoever bets multiplies a wealth, which is 1 at first, by the density at each p-value. If
the p-values are uniform and independent, the expectation of that factor is 1 whatever happened before, so the wealth is
a martingale, and by Ville's inequality it ever reaches 1/α with probability α at most. Large wealth is evidence.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64, Int64

TOGETHER = 32
"""Rows between two roundings of the scale, which no mixture outgrows in between."""
_PATIENCE = 200.0
"""Rows that the rate of switching is halved after for the first time."""
_RATE = 0.5
_AT_REST = 0.5
_TILTS = (0.15, 0.5, 0.95)
_TAILS = (0.05, 0.01)
_STAKE = 0.5
"""Share of the wealth that is put on a tail."""

Ps = Float64[np.ndarray, "n d"]
Bet = Callable[[Ps], Ps]


def _tilt(slope: float) -> Bet:
    """Scores are higher than they were, or lower if the slope is negative."""
    return lambda p: 1 + slope * (2 * p - 1)


def _spread(curve: float) -> Bet:
    """Scores lie further out on both sides, or closer together if the curve is negative."""
    return lambda p: 1 + curve * (1.5 * (2 * p - 1) ** 2 - 0.5)


def _low(share: float) -> Bet:
    """More scores are among the lowest."""
    return lambda p: (1 - _STAKE) + (_STAKE / share) * (p < share)


def _high(share: float) -> Bet:
    """More scores are among the highest."""
    return lambda p: (1 - _STAKE) + (_STAKE / share) * (p >= 1 - share)


BETS: tuple[Bet, ...] = (
    *(_tilt(sign * slope) for slope in _TILTS for sign in (-1, 1)),
    _spread(1.0),
    _spread(-0.8),
    *(tail(share) for share in _TAILS for tail in (_low, _high)),
)
"""The bets; no bet at all, which keeps the wealth as it is, is mixed with them."""
STATES = len(BETS) + 1


class BettingMixture:
    """The wealth of a mixture over all sequences of bets (fixed share, Herbster & Warmuth 1998) on d p-values a row.

    Half of the wealth starts with no bet, half with all bets evenly. At row t each part of the wealth is re-allotted at
    the rate ρₜ = ½ / (t + 200) to all bets evenly, no bet among them. The rate falls with 1/t (the switch distribution
    of van Erven, Grünwald & de Rooij 2012), so a quiet time of t rows costs about a factor √t, not one that is
    exponential in t as with a constant rate: a drift that begins late is found nearly as fast as an early one.

    Args:
        scores: number d of p-values in each row.
    """

    def __init__(self, scores: int) -> None:
        self.parts: Float64[np.ndarray, "states d"] = np.empty((STATES, scores))
        self.parts[0] = _AT_REST
        self.parts[1:] = (1 - _AT_REST) / len(BETS)
        self.scale: Int64[np.ndarray, " d"] = np.zeros(scores, dtype=np.int64)
        self.rows = 0

    def bet(self, p: Ps) -> tuple[Ps, Float64[np.ndarray, "n bets d"]]:
        """Bet on the next rows, of which there are so many at most that none goes beyond a multiple of
        :data:`TOGETHER`.

        Returns:
            The wealth after each row, as a multiple of two to the power of :attr:`scale`; and the density of each bet
            at each p-value.
        """
        if self.rows % TOGETHER == 0:
            self._round_scale()
        densities = np.stack([bet(p) for bet in BETS], axis=1)
        wealth = np.empty_like(p)
        parts = self.parts
        for row, of_row in enumerate(densities):
            rate = _RATE / (self.rows + row + _PATIENCE)
            shared = parts.sum(axis=0)
            shared *= rate / STATES
            parts *= 1 - rate
            parts += shared
            parts[1:] *= of_row
            parts.sum(axis=0, out=wealth[row])
        self.rows += len(p)
        return wealth, densities

    def logarithms(self) -> Float64[np.ndarray, " d"]:
        """The natural logarithm of the wealth."""
        return (np.log2(self.parts.sum(axis=0)) + self.scale) * np.log(2)

    def _round_scale(self) -> None:
        """Powers of two leave every bit of the mantissa as it is."""
        exponents = np.frexp(self.parts.sum(axis=0))[1]
        self.parts = np.ldexp(self.parts, -exponents)
        self.scale = self.scale + exponents
