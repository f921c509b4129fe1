"""Conformal p-values of a stream: ranks among everything before (Vovk, Gammerman & Shafer 2005, chapter 8)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int64


class ConformalRanks:
    """The ranks of scores among those of a reference and of all earlier rows of a stream, as p-values.

    If the reference and the stream are exchangeable, that is, equally likely in every order, the p-values of one score
    are independent and uniform between 0 and 1, however small the reference is: the rank of the newest of n rows is
    uniform whatever rows these are, and equal scores are put in order by chance. A p-value near 0 belongs to a score
    lower than nearly all, one near 1 to a score higher than nearly all.

    Args:
        counts: how many rows of the reference fell into each bin of each score.
    """

    def __init__(self, counts: Int64[np.ndarray, "d bins"]) -> None:
        self.counts = counts.copy()

    def p_values(
        self, places: Int64[np.ndarray, "n d"], ties: Float64[np.ndarray, "n d"]
    ) -> Float64[np.ndarray, "n d"]:
        """The p-values of the next rows, which are counted.

        Args:
            places: bin of each score.
            ties: independent random numbers between 0 and 1, which put equal scores in order.
        """
        scores = np.arange(len(self.counts))
        ahead = np.concatenate([np.zeros((len(scores), 1), dtype=np.int64), np.cumsum(self.counts, axis=1)], axis=1)
        earlier = np.tri(len(places), k=-1, dtype=bool)[:, :, None]
        below = ahead[scores, places] + ((places[None] < places[:, None]) & earlier).sum(axis=1)
        equal = self.counts[scores, places] + ((places[None] == places[:, None]) & earlier).sum(axis=1)
        rows = ahead[:, -1] + np.arange(1, len(places) + 1)[:, None]
        np.add.at(self.counts, (np.broadcast_to(scores, places.shape), places), 1)
        return (below + ties * (equal + 1)) / rows
