"""Rows of ids of different lengths, concatenated."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Int32, Int64


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of ids of different lengths, concatenated.

    >>> ragged = Ragged.of([[4, 5], [], [6]])
    >>> ragged.values.tolist(), ragged.offsets.tolist()
    ([4, 5, 6], [0, 2, 2, 3])
    >>> ragged.ended(3).to_lists()
    [[4, 5, 3], [3], [6, 3]]

    Attributes:
        values: ids of all rows, [m].
        offsets: position where each row begins, and where the last one ends, [n + 1].
    """

    values: Int32[np.ndarray, " m"]
    offsets: Int64[np.ndarray, " n1"]

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Ragged:
        """Make rows from lists."""
        offsets = _offsets(np.fromiter(map(len, rows), dtype=np.int64, count=len(rows)))
        values = np.fromiter(itertools.chain.from_iterable(rows), dtype=np.int32, count=int(offsets[-1]))
        return cls(values, offsets)

    @classmethod
    def of_lengths(cls, values: Int[np.ndarray, " m"], lengths: Int[np.ndarray, " n"]) -> Ragged:
        """From the ids of all rows end to end, and how many each row has."""
        return cls(values.astype(np.int32), _offsets(lengths))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Int64[np.ndarray, " n"]:
        """Number of ids of each row."""
        return np.diff(self.offsets)

    def to_lists(self) -> list[list[int]]:
        """The rows as lists."""
        values, ends = self.values.tolist(), self.offsets.tolist()
        return [values[begin:end] for begin, end in itertools.pairwise(ends)]

    def select(self, rows: Int[np.ndarray, " r"]) -> Ragged:
        """Some rows, in the order given; a row may occur several times."""
        lengths = self.lengths[rows]
        offsets = _offsets(lengths)
        within = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return Ragged(self.values[within], offsets)

    def joined(self, counts: Int64[np.ndarray, " g"]) -> Ragged:
        """Join groups of consecutive rows into one row each; ``counts`` has the number of rows of each group."""
        return Ragged(self.values, self.offsets[_offsets(counts)])

    def cut(self, longest: int | Int64[np.ndarray, " n"]) -> Ragged:
        """Each row without what goes beyond its first ``longest`` ids; a number for all rows, or one for each."""
        lengths = np.minimum(self.lengths, longest)
        offsets = _offsets(lengths)
        within = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1] - offsets[:-1], lengths)
        return Ragged(self.values[within], offsets)

    def ended(self, end: int) -> Ragged:
        """Each row with the id ``end`` appended."""
        return Ragged(np.insert(self.values, self.offsets[1:], np.int32(end)), self.offsets + np.arange(len(self) + 1))


def _offsets(lengths: Int[np.ndarray, " n"]) -> Int64[np.ndarray, " n1"]:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
