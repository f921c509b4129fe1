"""The progress of a run on the terminal: a bar with speed and remaining time, and a row for each validation."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType

from rich.cells import cell_len
from rich.console import Console

from dragoman.progress.bar import Bar, open_bar
from dragoman.progress.watched import console_for, duration, print_line
from dragoman.recipe.growth import mini_batches_until
from dragoman.tasks.scores import SCORES
from dragoman.tasks.validation import Sample
from dragoman.training.meter import Meter, Reading
from dragoman.training.observer import (
    Observer,
    PaceRecord,
    RewindRecord,
    RunStart,
    SkipRecord,
    UpdateRecord,
    ValidationRecord,
)

LINE_EVERY = 10.0
"""Seconds between lines where the output is no terminal."""
LONGEST_LINE = 160
"""Cells that a sample may take where the output is no terminal."""
MOST_LINES = 3
"""Lines of a corpus that the note on a skipped update names."""
READ_EVERY = 0.25
"""Seconds between readings of the meter for the bar."""
HEADING_EVERY = 10
"""Validations between two headings of the table."""
WIDTHS = (("update", 9), ("epoch", 5), ("train loss", 10), ("valid loss", 10), ("perplexity", 10))
SCORE_WIDTH, BEST_WIDTH = 8, 4
"""Columns of the validation table; between them stand the scores that the model has."""


@contextmanager
def watched(observers: Sequence[Observer], progress: bool | None) -> Iterator[Sequence[Observer]]:
    """The observers, and one more that shows the run during the block, if it shall be shown.

    Args:
        observers: the other observers of the run.
        progress: whether to show the run; None shows it where a person watches, as
            :func:`~dragoman.progress.watched.console_for` decides.
    """
    console = console_for(progress)
    if console is None:
        yield observers
        return
    with TerminalProgress(console) as shown:
        yield (*observers, shown)


@dataclass(frozen=True, slots=True)
class _Status:
    """The values that the bar shows, replaced together so that the drawing thread never sees half an update."""

    update: int
    updates: int
    began: float
    reading: Reading
    learning_rate: float | None
    done_at: float | None


class TerminalProgress(Observer):
    """Shows a run on the terminal; where the output is no terminal, writes plain lines now and then.

    Use it as a context manager, or call :meth:`close`, so that the terminal is whole again if the run fails.

    Args:
        console: where to write; standard error if None, so that the bar stays out of pipes.
        clock: seconds that never go back.
    """

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console if console is not None else Console(stderr=True)
        self._clock = clock
        self._bar: Bar | None = None

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar away, if there is one. May be called again."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def on_prepare(self, message: str) -> None:
        """One line."""
        self._print(message)

    def on_start(self, start: RunStart) -> None:
        """Say what is trained, and on what; show the bar."""
        self.close()
        self._start = start
        # The recipe may give its length in tokens.
        self._settings = start.recipe.training.model_copy(update={"updates": start.updates})
        self._began = self._read_at = self._line_at = self._clock()
        self._meter = Meter(start=0.0 if start.update == 0 else None)
        self._validations = 0
        self._status = _Status(start.update, start.updates, self._began, Reading(None, None), None, None)
        onward = f", going on after update {start.update:,}" if start.update else ""
        self._print(f"{start.folder.name}: {start.parameters:,} parameters on {start.device}")
        self._print(f"{start.updates:,} updates at most{onward}")
        self._bar = open_bar(self._console, start.updates, start.update, self._count, self._figures)

    def on_update(self, record: UpdateRecord) -> None:
        """Move the bar, or write a line if the last one is long ago."""
        self._meter.add(record)
        now = self._clock()
        if self._bar is not None and (now - self._read_at >= READ_EVERY or record.update == self._start.updates):
            self._read_at = now
            self._status = self._status_after(record, now)
            self._bar.move(record.update)
        elif self._bar is None and now - self._line_at >= LINE_EVERY:
            self._line_at = now
            self._status = self._status_after(record, now)
            self._print(f"update {self._count()}  epoch {record.epoch}  {self._figures()}")

    def on_validation(self, record: ValidationRecord) -> None:
        """Write a row of the table, and the sample under it."""
        if self._validations % HEADING_EVERY == 0:
            self._print(_table_row([name for name, _ in WIDTHS], [SCORES[name].title for name in record.scores], ""))
        self._validations += 1
        numbers = [record.training_loss, record.loss, record.perplexity]
        cells = [f"{record.update:,}", str(record.epoch), *map(_loss, numbers)]
        self._print(_table_row(cells, [f"{value:.2f}" for value in record.scores.values()], "best" * record.best))
        if record.sample is not None:
            self._print_sample(record.sample)
        self._line_at = self._clock()

    def on_skip(self, record: SkipRecord) -> None:
        """One line: what was not finite, and where it comes from."""
        where = "not found again" if record.stage is None else f"first in the {record.stage}"
        module = f" of {record.module}" if record.module else ""
        named, more = ", ".join(record.lines[:MOST_LINES]), len(record.lines) - MOST_LINES
        others = f" and {more:,} more" if more > 0 else ""
        lines = f"; from {named}{others}" if named else ""
        figures = f"loss {record.loss:.4g}, gradient norm {record.gradient_norm:.4g}"
        self._print(f"update {record.update:,} was skipped: {figures} ({where}{module}){lines}")

    def on_rewind(self, record: RewindRecord) -> None:
        """One line: why, where to, and what changes."""
        self._print(
            f"after update {record.update:,} {record.reason}: going back to the weights of update {record.back_to:,}, "
            f"and on with the data that follow, with {record.learning_rate_factor:g} of the learning rate"
        )

    def on_pace(self, record: PaceRecord) -> None:
        """One line: how many updates are left, and why."""
        updates = f"{record.updates:,} of {record.planned:,} updates"
        self._start = replace(self._start, updates=record.updates)
        self._print(f"after update {record.update:,} {record.reason}: the run will end in time after {updates}")

    def on_end(self, reason: str) -> None:
        """Take the bar away and say why training ended."""
        self.close()
        self._print(f"ended after {duration(self._clock() - self._began)}: {reason}")

    def _status_after(self, record: UpdateRecord, now: float) -> _Status:
        done_at = self._forecast(record, now)
        return _Status(
            record.update, self._start.updates, self._began, self._meter.read(), record.learning_rate, done_at
        )

    def _forecast(self, record: UpdateRecord, now: float) -> float:
        """When all updates will be done at the pace of this session, validations included, or time is up."""
        elapsed = now - self._began
        # An update takes as long as its mini-batches, whose number may grow.
        before, done, all_ = (
            mini_batches_until(self._settings, update)
            for update in (self._start.update, record.update, self._start.updates)
        )
        left = elapsed / max(done - before, 1) * (all_ - done)
        minutes = self._start.recipe.training.minutes
        return now + (left if minutes is None else min(left, max(60 * minutes - record.seconds, 0.0)))

    def _count(self) -> str:
        return f"{self._status.update:,}/{self._status.updates:,}"

    def _figures(self) -> str:
        status, now = self._status, self._clock()
        rate = status.reading.tokens_per_second
        parts = [
            "- tokens/s" if rate is None else f"{rate:,.0f} tokens/s",
            f"loss {_loss(status.reading.loss)}",
            "lr -" if status.learning_rate is None else f"lr {status.learning_rate:.1e}",
            duration(now - status.began),
        ]
        if status.done_at is not None:
            parts.append(f"left {duration(max(status.done_at - now, 0.0))}")
        return "  ".join(parts)

    def _print_sample(self, sample: Sample) -> None:
        room = self._console.width if self._console.is_interactive else LONGEST_LINE
        for label, text in (("source", sample.source), ("reference", sample.reference), ("output", sample.output)):
            self._print(shortened(f"    {label:<9}  {one_line(text)}", room))

    def _print(self, line: str) -> None:
        print_line(self._console, one_line(line))


def one_line(text: str) -> str:
    """The text without line breaks and control characters, which would move the cursor or colour the terminal."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)


def shortened(text: str, cells: int) -> str:
    """The text cut to so many terminal cells, with ``...`` at the end if something was cut.

    Wide characters, such as Chinese ones, take two cells.
    """
    if cell_len(text) <= cells:
        return text
    kept, room = [], max(cells - 3, 0)
    for character in text:
        room -= cell_len(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + "..."[: max(cells, 0)]


def _table_row(cells: list[str], scores: list[str], best: str) -> str:
    widths = [*(width for _, width in WIDTHS), *[SCORE_WIDTH] * len(scores), BEST_WIDTH]
    return " ".join(cell.rjust(width) for cell, width in zip([*cells, *scores, best], widths, strict=True)).rstrip()


def _loss(value: float | None) -> str:
    """Five digits that mean something, however large the number is."""
    if value is None:
        return "-"
    return f"{value:.3f}" if abs(value) < 1e5 else f"{value:.2e}"
