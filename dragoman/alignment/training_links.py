"""The links of a dataset's training pairs, for guided alignment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int, Int32, Int64

from dragoman.alignment.drawn_pairs import Pairs, drawn_pairs, ids_without_ends
from dragoman.alignment.links import Link
from dragoman.alignment.sentence_links import LinkModel
from dragoman.contracts import Links

_AT_ONCE = 20_000
"""Number of pairs whose ids and links are held as lists at a time."""


@dataclass(frozen=True, slots=True)
class TrainingLinks:
    """The links of all examples of a split, end to end.

    Attributes:
        offsets: where the links of each example begin, and where the last ones end.
        sources: place of each link's source token in its example.
        targets: place of each link's target token in its example.
    """

    offsets: Int64[np.ndarray, " n1"]
    sources: Int32[np.ndarray, " k"]
    targets: Int32[np.ndarray, " k"]

    @classmethod
    def of(cls, examples: Pairs, *, seed: int) -> TrainingLinks:
        """Learn IBM Model 1 from the tokens of a split in both directions, and link every pair by it. End symbols have
        no links. The same split and seed give the same links, to the bit.

        Args:
            examples: the split, of pairs of texts.
            seed: seed of the draw of pairs that the model is learnt from, if there are very many.
        """
        model = LinkModel.learn(*drawn_pairs(examples, seed))
        parts = [
            _flat(model.links(*ids_without_ends(examples, np.arange(begin, min(begin + _AT_ONCE, len(examples))))))
            for begin in range(0, len(examples), _AT_ONCE)
        ]
        counts, sources, targets = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return cls(np.cumsum([0, *counts], dtype=np.int64), sources, targets)

    def batch(self, indices: Int[np.ndarray, " B"]) -> Links:
        """The links of examples ``indices``, in that order."""
        counts = np.diff(self.offsets)[indices]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        places = np.repeat(self.offsets[:-1][indices], counts) + within
        sources, targets = self.sources[places].astype(np.int64), self.targets[places].astype(np.int64)
        return Links(torch.from_numpy(counts), torch.from_numpy(sources), torch.from_numpy(targets))


def _flat(
    rows: Sequence[Sequence[Link]],
) -> tuple[Int64[np.ndarray, " n"], Int32[np.ndarray, " k"], Int32[np.ndarray, " k"]]:
    """The number of links of each row, and the source and the target token of each link, end to end."""
    counts = np.array([len(row) for row in rows], dtype=np.int64)
    sources, targets = (
        np.fromiter((link[side] for row in rows for link in row), dtype=np.int32, count=int(counts.sum()))
        for side in (0, 1)
    )
    return counts, sources, targets
