"""Dates and times in the cells of a table: how a column writes them, and what they are."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64

_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?)?"
_ZONE = r"(?P<zone>\s?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?"
_YEAR_FIRST = r"(?P<year>[0-9]{4})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})"
_DAY_FIRST = r"(?P<day>[0-9]{1,2})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})"
# Nobody writes points between a month and the day behind it.
_MONTH_FIRST = r"(?P<month>[0-9]{1,2})(?P<mark>[-/])(?P<day>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})"
_FORMS = {
    "year-month-day": re.compile(rf"{_YEAR_FIRST}(?:[T ]\s*{_CLOCK}{_ZONE})?"),
    "day-month-year": re.compile(rf"{_DAY_FIRST}(?:[T ,]\s*{_CLOCK}{_ZONE})?"),
    "month-day-year": re.compile(rf"{_MONTH_FIRST}(?:[T ,]\s*{_CLOCK}{_ZONE})?"),
    "time": re.compile(_CLOCK),
}
_EPOCH = datetime.datetime(1970, 1, 1)
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Moments:
    """The dates or times of a column's cells.

    Attributes:
        days: from the beginning of 1970 to each, in universal time where the cells state their zone; of a time of day
            its share of the day. Not a number where there is none.
        clock: the share of the day that its clock shows.
        weekday: from 0, Monday, to 6.
        year_share: the share of the year that has passed.
        has_clock: whether a cell states a time of day.
        bad: the first cell that is none, counted from 0; None if all are.
    """

    days: Float64[np.ndarray, " n"]
    clock: Float64[np.ndarray, " n"]
    weekday: Float64[np.ndarray, " n"]
    year_share: Float64[np.ndarray, " n"]
    has_clock: bool
    bad: int | None


def form_of(texts: Sequence[str]) -> str | None:
    """The form in which all texts write a date or a time: ``year-month-day``, ``day-month-year``, ``month-day-year`` or
    ``time``; ``either`` where day and month cannot be told apart; None if they are no dates."""
    fitting = [name for name, form in _FORMS.items() if all(_moment(form, text) is not None for text in texts)]
    return None if not fitting else fitting[0] if len(fitting) == 1 else "either"


def nearly_form_of(texts: Sequence[str], share: float) -> tuple[str, str] | None:
    """The form in which at least a share of the texts writes a date or a time, and a text that does not, if both
    exist."""
    for name, form in _FORMS.items():
        others = [text for text in texts if _moment(form, text) is None]
        if others and len(texts) - len(others) >= share * len(texts):
            return name, others[0]
    return None


def read_moments(cells: Sequence[object], missing: Bool[np.ndarray, " n"], form: str) -> Moments:
    """What the cells of a column say.

    Args:
        cells: texts in the form, in that of ISO 8601, or dates and times of Python, NumPy and pandas.
        missing: which of them are empty.
        form: one of those of :func:`form_of` but ``either``.
    """
    parts = np.full((len(cells), 4), np.nan)
    has_clock, bad = form == "time", None
    known: dict[object, tuple[tuple[float, float, float, float], bool] | None] = {}
    for row, cell in enumerate(cells):
        if missing[row]:
            continue
        if cell not in known:
            known[cell] = _read(cell, form)
        found = known[cell]
        if found is None:
            bad = row if bad is None else bad
            continue
        parts[row] = found[0]
        has_clock = has_clock or found[1]
    days, clock, weekday, year_share = parts.T
    return Moments(days, clock, weekday, year_share, has_clock, bad)


def _read(cell: object, form: str) -> tuple[tuple[float, float, float, float], bool] | None:
    if isinstance(cell, str):
        forms = (form,) if form == "time" else (form, "year-month-day")
        moments = (_moment(_FORMS[one], cell.strip()) for one in forms)
        found = next((moment for moment in moments if moment is not None), None)
        return found
    if isinstance(cell, datetime.time):
        return _of(_EPOCH.replace(hour=cell.hour, minute=cell.minute, second=cell.second), 0.0), True
    if form == "time":
        return None
    if isinstance(cell, (pd.Timestamp, np.datetime64, datetime.datetime)):
        stamp = pd.Timestamp(cell)
        offset = stamp.utcoffset()
        plain = stamp.tz_localize(None).to_pydatetime(warn=False)
        return _of(plain, 0.0 if offset is None else offset.total_seconds()), plain.time() != datetime.time()
    if isinstance(cell, datetime.date):
        return _of(datetime.datetime(cell.year, cell.month, cell.day), 0.0), False
    return None


def _moment(form: re.Pattern[str], text: str) -> tuple[tuple[float, float, float, float], bool] | None:
    found = form.fullmatch(text)
    if found is None:
        return None
    part = found.groupdict()
    clock = [int(part[name] or 0) for name in ("hour", "minute", "second")]
    day = [int(part[name]) for name in ("year", "month", "day")] if "year" in part else [1970, 1, 1]
    try:
        moment = datetime.datetime(*day, *clock)  # type: ignore[arg-type]
    except ValueError:
        return None
    return _of(moment, _offset(part.get("zone"))), part["hour"] is not None


def _offset(zone: str | None) -> float:
    """Seconds by which a clock of that zone is ahead of universal time."""
    digits = re.sub(r"[^0-9+-]", "", zone or "")
    if not digits:
        return 0.0
    return (1 if digits[0] == "+" else -1) * (int(digits[1:3]) * 3600.0 + int(digits[3:5]) * 60.0)


def _of(moment: datetime.datetime, offset: float) -> tuple[float, float, float, float]:
    seconds = (moment - _EPOCH).total_seconds()
    new_year = datetime.datetime(moment.year, 1, 1)
    return (
        (seconds - offset) / _DAY,
        (seconds % _DAY) / _DAY,
        float(moment.weekday()),
        (moment - new_year).total_seconds() / (366.0 * _DAY),
    )
