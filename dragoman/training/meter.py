"""The speed and the running loss of a run, from the records of its updates."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from dragoman.training.observer import UpdateRecord

WINDOW = 10.0
"""Seconds of training time that the meter averages over."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The loss and the speed over the window of a meter.

    Attributes:
        loss: mean training loss in nats per target token, weighted by tokens; None before the first update.
        tokens_per_second: target tokens per second of training, padding left out; None while no time has passed.
    """

    loss: float | None
    tokens_per_second: float | None


class Meter:
    """Averages over the last ``window`` seconds of training time, in which validation and padding do not count.

    If an update takes longer than the window, the meter shows the last update alone.

    >>> meter = Meter(start=0.0)
    >>> for update, loss in enumerate((6.0, 5.0), start=1):
    ...     meter.add(UpdateRecord(update, 1, loss, 1e-3, 1.0, target_tokens=300, padding=0.0, seconds=0.5 * update))
    >>> meter.read()
    Reading(loss=5.5, tokens_per_second=600.0)

    Args:
        start: training time in seconds before the first update to come; None if it is not known, as after resuming.
        window: number of seconds to average over.
    """

    def __init__(self, start: float | None, window: float = WINDOW) -> None:
        self._window = window
        self._start = start
        self._records: deque[UpdateRecord] = deque()

    def add(self, record: UpdateRecord) -> None:
        """Take in the record of one update."""
        self._records.append(record)
        # Records are kept while they end inside the window; the one that ends before it tells when it began.
        while len(self._records) > 1 and record.seconds - self._records[0].seconds >= self._window:
            self._start = self._records.popleft().seconds

    def read(self) -> Reading:
        """The mean loss and the speed of the updates in the window."""
        if not self._records:
            return Reading(None, None)
        tokens = sum(record.target_tokens for record in self._records)
        loss = sum(record.loss * record.target_tokens for record in self._records) / max(tokens, 1)
        began, timed = self._start, tokens
        if began is None:
            # When the first update began is not known: leave it out of the rate.
            began, timed = self._records[0].seconds, tokens - self._records[0].target_tokens
        spent = self._records[-1].seconds - began
        return Reading(loss, timed / spent if spent > 0 else None)
