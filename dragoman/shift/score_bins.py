"""Scores as places in fixed bins, so that any number of them is kept as counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

_INNER = 64
"""Bins that hold equal shares of the sample they were chosen from."""
_OUTWARD = (0.0625, 0.25, 1.0, 4.0)
"""Edges of the bins on either side of that sample, in units of its range."""


@dataclass(frozen=True, slots=True)
class ScoreBins:
    """Bins for d scores, chosen once from a sample, and never moved.

    Each score has bins of about equal share of the sample between its smallest and its largest value; a value that
    makes up such a share by itself has a bin of its own; and some bins lie further out on either side.

    >>> bins = ScoreBins.of(np.arange(1000.0)[:, None])
    >>> bins.places(np.array([[-1.0], [499.5], [5000.0]])).ravel().tolist()
    [4, 36, 73]

    Attributes:
        edges: edges of the bins of each score, ascending, filled up with infinity.
    """

    edges: Float64[np.ndarray, "d edges"]

    @classmethod
    def of(cls, sample: Float64[np.ndarray, "k d"]) -> ScoreBins:
        """Bins chosen from k examples, of which there is at least one. These examples may not be counted afterwards:
        the test needs bins that favour no row that it ranks."""
        edges = [_edges(np.sort(column)) for column in sample.T]
        most = max(map(len, edges), default=0)
        filled = [np.concatenate([of_score, np.full(most - len(of_score), np.inf)]) for of_score in edges]
        return cls(np.array(filled, dtype=np.float64).reshape(len(edges), most))

    @property
    def count(self) -> int:
        """Bins of each score."""
        return self.edges.shape[1] + 1

    def places(self, scores: Float64[np.ndarray, "n d"]) -> Int64[np.ndarray, "n d"]:
        """The bin that each score of each row falls into, from 0."""
        places = [
            np.searchsorted(edges, column, side="right") for edges, column in zip(self.edges, scores.T, strict=True)
        ]
        return np.stack(places, axis=1).astype(np.int64) if places else np.zeros(scores.shape, dtype=np.int64)


def _edges(ordered: Float64[np.ndarray, " k"]) -> Float64[np.ndarray, " e"]:
    cuts, times = np.unique(ordered[np.arange(1, _INNER) * len(ordered) // _INNER], return_counts=True)
    least, most = ordered[0], ordered[-1]
    reach = float(most - least) or max(abs(float(most)), 1.0)
    outward = reach * np.array(_OUTWARD)
    above = np.nextafter(np.append(cuts[times > 1], most), np.inf)
    return np.unique(np.concatenate([least - outward, [least], cuts, above, most + outward]))
