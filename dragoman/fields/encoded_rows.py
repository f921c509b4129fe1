"""Rows of a table as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64


@dataclass(frozen=True, slots=True)
class RowReport:
    """What was not as a model would wish.

    Attributes:
        missing: empty cells of each column that has some.
        unseen: of each categorical column, cells with a value that no training row has, if there are some.
    """

    missing: dict[str, int]
    unseen: dict[str, int]

    def added(self, other: RowReport) -> RowReport:
        """The counts of both together."""
        return RowReport(_sums(self.missing, other.missing), _sums(self.unseen, other.unseen))

    def describe(self) -> list[str]:
        """One line for each column concerned, for people to read."""
        return [
            *(f"{name}: {_cells(count)} empty" for name, count in self.missing.items()),
            *(f"{name}: {_cells(count)} with a value that no training row has" for name, count in self.unseen.items()),
        ]


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Rows of a table as numbers.

    Attributes:
        numbers: the numeric columns, standardised; of one with an indicator, that next to it.
        categories: the number of each categorical column's value.
        report: what was missing or unseen.
    """

    numbers: Float32[np.ndarray, "n k"]
    categories: Int64[np.ndarray, "n c"]
    report: RowReport


def _sums(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {**one, **{name: one.get(name, 0) + count for name, count in other.items()}}


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
