"""A test whether a stream still comes from where a reference came from, which may be looked at after every row.

Conformal test martingales (Vovk, Gammerman & Shafer 2005; Vovk 2021, "Testing randomness online"): each row gives a
p-value for each score, and a mixture of bets on these p-values not being uniform gives a wealth, the evidence that the
stream has drifted. Martingales of several scores belong to several filtrations, and their mean need not be one (Choe &
Ramdas 2024), so the alarm is raised when the wealth of any of d scores reaches d/α: by Ville's inequality and the sum
of d probabilities this ever happens with probability α at most, and names the scores that have drifted at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float64, Int64

from dragoman.shift.betting import BETS, TOGETHER, BettingMixture
from dragoman.shift.conformal_ranks import ConformalRanks
from dragoman.shift.score_bins import ScoreBins

_CHOOSING_SHARE = 4
_MOST_CHOOSING = 500
_UNITS = float(1 << 20)
"""Steps of the evidence in which the beginning of a drift is sought: whole numbers add up in every order alike."""
_LARGEST_EXPONENT = 900

Array: TypeAlias = "Float64[np.ndarray, '...'] | Int64[np.ndarray, '...']"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A score whose evidence reached the threshold.

    Attributes:
        score: place of the score.
        row: row of the stream, from 0, at which it did.
        begin: row at which the drift most likely began: that from which the best bet has gained most (Page 1954).
    """

    score: int
    row: int
    begin: int


class SequentialTest:
    """A sequential test of d scores of each row of a stream against n rows of a reference.

    A quarter of the reference, at most 500 rows, only serves to choose bins for the scores; the others are ranked with
    the stream. Under exchangeability of these and the stream, an alarm is ever raised with probability ``alpha`` at
    most, however small the reference and however long the stream. Memory does not grow with the stream.

    >>> random = np.random.default_rng(1)
    >>> test = SequentialTest.against(random.normal(size=(400, 2)))
    >>> test.observe(random.normal(size=(2000, 2)))
    >>> test.crossings()
    ()
    >>> test.observe(random.normal(loc=(0.0, 1.0), size=(200, 2)))
    >>> [crossing.score for crossing in test.crossings()]
    [1]

    Args:
        bins: bins of the scores, chosen without any row that is ranked.
        reference_counts: how many rows of the reference fell into each bin of each score.
        threshold: the wealth of a score at which it counts as drifted.
        random: puts equal scores in order.
    """

    def __init__(
        self,
        bins: ScoreBins,
        reference_counts: Int64[np.ndarray, "d bins"],
        threshold: float,
        random: np.random.Generator,
    ) -> None:
        scores = len(reference_counts)
        self.bins, self.reference_counts, self.threshold, self.random = bins, reference_counts, threshold, random
        self.ranks = ConformalRanks(reference_counts)
        self.mixture = BettingMixture(scores)
        self.gains: Int64[np.ndarray, "bets d"] = np.zeros((len(BETS), scores), dtype=np.int64)
        self.began: Int64[np.ndarray, "bets d"] = np.zeros((len(BETS), scores), dtype=np.int64)
        self.crossed: Int64[np.ndarray, " d"] = np.full(scores, -1, dtype=np.int64)
        self.crossed_from: Int64[np.ndarray, " d"] = np.full(scores, -1, dtype=np.int64)

    @classmethod
    def against(
        cls, reference: Float64[np.ndarray, "n d"], *, alpha: float = 0.05, seed: int = 1, groups: int = 1
    ) -> SequentialTest:
        """A test against a reference.

        Args:
            reference: scores of n rows, at least 2, finite.
            alpha: the probability of a false alarm, ever.
            seed: seed of the random numbers that choose rows for the bins, and put equal scores in order.
            groups: number of independent streams that the scores belong to, each with as many of them: one in all but
                simulations. ``alpha`` is the probability for each.
        """
        scores = reference.shape[1]
        random = np.random.default_rng(seed)
        order = random.permutation(len(reference))
        choosing = max(1, min(len(reference) // _CHOOSING_SHARE, _MOST_CHOOSING))
        bins = ScoreBins.of(reference[order[:choosing]])
        places = bins.places(reference[order[choosing:]])
        counts = np.zeros((scores, bins.count), dtype=np.int64)
        np.add.at(counts, (np.broadcast_to(np.arange(scores), places.shape), places), 1)
        return cls(bins, counts, scores / groups / alpha, random)

    def saved(self) -> dict[str, Array]:
        """All numbers that a later process goes on from, but the state of :attr:`random`."""
        return {
            "edges": self.bins.edges,
            "reference counts": self.reference_counts,
            "counts": self.ranks.counts,
            "threshold": np.array(self.threshold),
            "wealth": self.mixture.parts,
            "scale": self.mixture.scale,
            "rows": np.array(self.rows),
            "gains": self.gains,
            "began": self.began,
            "crossed": self.crossed,
            "crossed from": self.crossed_from,
        }

    @classmethod
    def resumed(cls, saved: Mapping[str, Array], random: np.random.Generator) -> SequentialTest:
        """The test whose numbers were :meth:`saved`, with its random numbers where they were.

        Raises:
            KeyError: if a number is missing.
        """
        test = cls(ScoreBins(saved["edges"]), saved["reference counts"], float(saved["threshold"]), random)
        test.ranks.counts = saved["counts"]
        test.mixture.parts, test.mixture.scale = saved["wealth"], saved["scale"]
        test.mixture.rows = int(saved["rows"])
        test.gains, test.began = saved["gains"], saved["began"]
        test.crossed, test.crossed_from = saved["crossed"], saved["crossed from"]
        return test

    @property
    def rows(self) -> int:
        """Rows of the stream that were observed."""
        return self.mixture.rows

    def observe(self, scores: Float64[np.ndarray, "n d"]) -> None:
        """Take the scores of the next rows. Batches of any sizes give the same to the bit."""
        places = self.bins.places(scores)
        ties = self.random.random(scores.shape)
        begin = 0
        while begin < len(places):
            end = min(begin + TOGETHER - self.rows % TOGETHER, len(places))
            self._observe_some(places[begin:end], ties[begin:end])
            begin = end

    def log_evidence(self) -> Float64[np.ndarray, " d"]:
        """The natural logarithm of the wealth of each score, the evidence that it has drifted: below 0 none."""
        return self.mixture.logarithms()

    def crossings(self) -> tuple[Crossing, ...]:
        """The scores that have drifted, the first one first."""
        found = [
            Crossing(score, int(self.crossed[score]), int(self.crossed_from[score]))
            for score in np.flatnonzero(self.crossed >= 0).tolist()
        ]
        return tuple(sorted(found, key=lambda crossing: crossing.row))

    def _observe_some(self, places: Int64[np.ndarray, "n d"], ties: Float64[np.ndarray, "n d"]) -> None:
        before = self.rows
        wealth, densities = self.mixture.bet(self.ranks.p_values(places, ties))
        # Where the gains of a bet, summed up and never below 0, are 0, whatever it gained before was by chance.
        steps = np.rint(np.log2(densities) * _UNITS).astype(np.int64)
        sums = np.cumsum(np.concatenate([self.gains[None], steps]), axis=0)
        gains = (sums - np.minimum(np.minimum.accumulate(sums, axis=0), 0))[1:]
        rows = before + np.arange(1, len(places) + 1)[:, None, None]
        began = np.maximum.accumulate(np.where(gains == 0, rows, self.began), axis=0)
        scale = np.clip(self.mixture.scale, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
        reached = np.ldexp(wealth, scale) >= self.threshold
        new = np.flatnonzero(reached.any(axis=0) & (self.crossed < 0))
        first = reached[:, new].argmax(axis=0)
        best = gains[first, :, new].argmax(axis=1)
        self.crossed[new] = before + first
        self.crossed_from[new] = np.minimum(began[first, best, new], before + first)
        self.gains, self.began = gains[-1], began[-1]
