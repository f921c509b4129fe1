"""What is known of a column of a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NumericColumn:
    """A column of numbers.

    Attributes:
        name: its heading.
        mean: over the training rows that have it.
        deviation: standard deviation over these; 1 if they are all equal.
        has_missing: whether a training row lacks it. An indicator, 1 where it is missing, then stands beside it.
    """

    name: str
    mean: float
    deviation: float
    has_missing: bool

    @property
    def width(self) -> int:
        """Numbers that stand for it."""
        return 2 if self.has_missing else 1

    def describe(self) -> str:
        """The column for people to read."""
        missing = "; whether it is missing is a number of its own" if self.has_missing else ""
        return f"{self.name}: number, mean {self.mean:.6g}, standard deviation {self.deviation:.6g}{missing}"


@dataclass(frozen=True, slots=True)
class CategoricalColumn:
    """A column of values that have no order.

    Attributes:
        name: its heading.
        values: those of the training rows; a value's number is its place, from 0.
        has_missing: whether a training row lacks it. Being missing then is a value of its own.
    """

    name: str
    values: tuple[str, ...]
    has_missing: bool

    @property
    def other(self) -> int:
        """The number of every value that no training row has; it is the last."""
        return len(self.values) + self.has_missing

    @property
    def missing(self) -> int:
        """The number of a missing value: that of any other if no training row lacks it."""
        return len(self.values) if self.has_missing else self.other

    @property
    def size(self) -> int:
        """Numbers of values, that of any other and, if it is a value, that of a missing one included."""
        return self.other + 1

    def describe(self) -> str:
        """The column for people to read."""
        shown = ", ".join(self.values[:5]) + (", …" if len(self.values) > 5 else "")
        missing = ", or missing" if self.has_missing else ""
        return f"{self.name}: one of {len(self.values):,} ({shown}){missing}"
