"""The columns of a table by their kinds, with what was learnt of each from the training rows."""

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
        name: heading of the column.
        mean: mean over the training rows that have a value.
        deviation: standard deviation over these rows; 1 if they are all equal.
        has_missing: whether a training row has no value; the number is then followed by an indicator, which is 1 for
            missing values.
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
        name: heading of the column.
        form: form in which dates are written; see :func:`~dragoman.fields.dates.form_of`.
        mean: mean number of days over the training rows that have a value.
        deviation: standard deviation over these rows; 1 if they are all equal.
        has_clock: whether a training row has a time of day.
        has_missing: whether a training row has no value; the numbers are then followed by an indicator, which is 1 for
            missing values.
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
        """The meaning of each number that stands for a cell, without the indicator."""
        of_date = ("sine of the year", "cosine of the year", *_WEEKDAYS) if self.form != "time" else ()
        clock = [
            f"{wave} of {turns} turn{'s' * (turns > 1)} a day"
            for turns in range(1, _HARMONICS + 1)
            for wave in ("sine", "cosine")
        ]
        return ("days", *of_date, *(clock if self.has_clock else ()))

    def numbers(self, moments: Moments) -> list[Float64[np.ndarray, " n"]]:
        """The numbers that stand for the cells; zeros for missing ones."""
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
        name: heading of the column.
        values: the values of the training rows; the number of a value is its position here, from 0.
        has_missing: whether a training row has no value; missing is then a value of its own.
    """

    name: str
    values: tuple[str, ...]
    has_missing: bool

    @property
    def other(self) -> int:
        """The number that stands for all values which no training row has; it is the last."""
        return len(self.values) + self.has_missing

    @property
    def missing(self) -> int:
        """The number that stands for a missing value; it equals :attr:`other` if every training row has a value."""
        return len(self.values) if self.has_missing else self.other

    @property
    def size(self) -> int:
        """The number of values, with one for all unseen values and, if some are missing, one for those."""
        return self.other + 1

    def describe(self) -> str:
        """The column for people to read."""
        shown = ", ".join(self.values[:5]) + (", …" if len(self.values) > 5 else "")
        missing = ", or missing" if self.has_missing else ""
        return f"{self.name}: one of {len(self.values):,} ({shown}){missing}"
