"""What is known of a column of a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from dragoman.fields.dates import Moments

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HARMONICS = 2


@dataclass(frozen=True, slots=True)
class NumericColumn:
    """A column of numbers.

    Attributes:
        name: the heading of the column.
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
class DateColumn:
    """A column of dates, of dates with times, or of times of day.

    A date becomes the days that have passed, standardised; the share of the year, as the sine and cosine of an angle,
    so that December is next to January; and one indicator for each day of the week. A time of day becomes sines and
    cosines of one and two turns a day, so that midnight has two sides and morning and evening can differ.

    Attributes:
        name: the heading of the column.
        form: how texts write it; see :func:`~dragoman.fields.dates.form_of`.
        mean: the mean of the days over the training rows that have it.
        deviation: standard deviation over these; 1 if they are all equal.
        has_clock: whether a training row has a time of day.
        has_missing: whether a training row lacks it. An indicator, 1 where it is missing, then stands beside it.
    """

    name: str
    form: str
    mean: float
    deviation: float
    has_clock: bool
    has_missing: bool

    @property
    def width(self) -> int:
        """Numbers that stand for it."""
        return len(self.parts) + self.has_missing

    @property
    def parts(self) -> tuple[str, ...]:
        """What each of its numbers says, but for the indicator."""
        of_date = ("sine of the year", "cosine of the year", *_WEEKDAYS) if self.form != "time" else ()
        clock = [
            f"{wave} of {turns} turn{'s' * (turns > 1)} a day"
            for turns in range(1, _HARMONICS + 1)
            for wave in ("sine", "cosine")
        ]
        return ("days", *of_date, *(clock if self.has_clock else ()))

    def numbers(self, moments: Moments) -> list[Float64[np.ndarray, " n"]]:
        """The numbers that stand for the cells; zeros for one that is missing."""
        found = [(moments.days - self.mean) / self.deviation]
        if self.form != "time":
            angle = 2 * np.pi * moments.year_share
            found += [np.sin(angle), np.cos(angle)]
            found += [np.where(moments.weekday == day, 1.0, 0.0) for day in range(len(_WEEKDAYS))]
        for turns in range(1, _HARMONICS + 1) if self.has_clock else ():
            angle = 2 * np.pi * turns * moments.clock
            found += [np.sin(angle), np.cos(angle)]
        missing = np.isnan(moments.days)
        found = [np.where(missing, 0.0, values) for values in found]
        return [*found, missing.astype(np.float64)] if self.has_missing else found

    def describe(self) -> str:
        """The column for people to read."""
        what = "time of day" if self.form == "time" else "date and time" if self.has_clock else "date"
        missing = "; whether it is missing is a number of its own" if self.has_missing else ""
        written = "" if self.form == "time" else f", written {self.form}"
        return f"{self.name}: {what}{written}, as {self.width - self.has_missing} numbers{missing}"


@dataclass(frozen=True, slots=True)
class CategoricalColumn:
    """A column of values that have no order.

    Attributes:
        name: the heading of the column.
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
