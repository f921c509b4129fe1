"""Rate and running loss of a run, from its update records."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from dragoman.training.observer import UpdateRecord

WINDOW = 10.0
"""Seconds of training that the meter looks back on."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter shows.

    Attributes:
        loss: mean training loss in nats per target token, weighted by tokens; None before the first update.
        tokens_per_second: real target tokens per second of training; None while no time has passed.
    """

    loss: float | None
    tokens_per_second: float | None


class Meter:
    """Looks back over the last ``window`` seconds of training time, in which validation and padding do not count.

    Where single updates are longer than the window it looks back on the last one.

    Args:
        start: training time before the first update to come; None if not known, as after resuming.
        window: seconds to look back.
    """

    def __init__(self, start: float | None, window: float = WINDOW) -> None:
        self._window = window
        self._start = start
        self._records: deque[UpdateRecord] = deque()

    def add(self, record: UpdateRecord) -> None:
        """Take in one update."""
        self._records.append(record)
        # Records are kept while they end inside the window; the one that ends before it tells when it began.
        while len(self._records) > 1 and record.seconds - self._records[0].seconds >= self._window:
            self._start = self._records.popleft().seconds

    def read(self) -> Reading:
        """What the updates in the window come to."""
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
