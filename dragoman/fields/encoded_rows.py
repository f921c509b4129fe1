"""Rows of a table as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64


@dataclass(frozen=True, slots=True)
class RowReport:
    """The empty cells and unseen values among rows that were encoded.

    Attributes:
        missing: number of empty cells in each column that has some.
        unseen: number of cells, in each categorical column that has some, with a value that no training row has.
    """

    missing: dict[str, int]
    unseen: dict[str, int]

    def added(self, other: RowReport) -> RowReport:
        """The counts of both together."""
        return RowReport(_sums(self.missing, other.missing), _sums(self.unseen, other.unseen))

    def describe(self) -> list[str]:
        """A line of text for each column concerned, for people."""
        return [
            *(f"{name}: {_cells(count)} empty" for name, count in self.missing.items()),
            *(f"{name}: {_cells(count)} with a value that no training row has" for name, count in self.unseen.items()),
        ]


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Rows of a table as numbers.

    Attributes:
        numbers: the standardised numeric columns, each followed by its indicator of missing values if it has one.
        categories: the number of each categorical column's value.
        report: the empty cells and unseen values.
    """

    numbers: Float32[np.ndarray, "n k"]
    categories: Int64[np.ndarray, "n c"]
    report: RowReport


def _sums(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {**one, **{name: one.get(name, 0) + count for name, count in other.items()}}


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
