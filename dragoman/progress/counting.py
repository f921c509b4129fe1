"""How many of a known number of things are done, at what rate, and how long the others will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TypeVar

from rich.console import Console

from dragoman.progress.bar import Bar, open_bar
from dragoman.progress.watched import console_for, duration, print_line

SHOWN_AFTER = 1.0
"""Seconds after which work is long enough to be watched."""
LINE_EVERY = 10.0
"""Seconds between lines where there is no bar."""

Of = TypeVar("Of")


class Counting:
    """Shows how far work is, once it has taken a second. Use it as a context manager.

    Args:
        total: how many there are.
        things: what they are, in the plural.
        progress: whether to show it; None where a person watches, as :func:`~dragoman.progress.watched.console_for`
            says.
        console: where to write; standard error if None.
        clock: seconds that never go back.

    Attributes:
        done: how many are done.
    """

    def __init__(
        self,
        total: int,
        things: str,
        progress: bool | None = None,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total, self._things = total, things
        self._console = console if console is not None else console_for(progress)
        self._asked = progress is True
        self._clock = clock
        self._bar: Bar | None = None
        self.done = 0
        self._began = self._line_at = clock()

    def __enter__(self) -> Counting:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def add(self, count: int = 1) -> None:
        """So many more are done."""
        self.done += count
        if self._console is None:
            return
        now = self._clock()
        if self._bar is None and now - self._began >= SHOWN_AFTER and self.done < self._total:
            self._bar = open_bar(self._console, self._total, self.done, self._count, self._rate)
        if self._bar is not None:
            self._bar.move(self.done)
        elif self._asked and now - self._line_at >= LINE_EVERY:
            self._line_at = now
            print_line(self._console, f"{self._count()}  {self._rate()}")

    def over(self, parts: Iterable[Of], size: Callable[[Of], int] = lambda part: 1) -> Iterator[Of]:
        """The same parts, each counted when the next is asked for; ``size`` says how many things one holds."""
        for part in parts:
            yield part
            self.add(size(part))

    def _count(self) -> str:
        return f"{self.done:,}/{self._total:,} {self._things}"

    def _rate(self) -> str:
        elapsed = max(self._clock() - self._began, 1e-9)
        left = elapsed / max(self.done, 1) * (self._total - self.done)
        return f"{self.done / elapsed:,.0f} {self._things}/s  {duration(elapsed)}  left {duration(left)}"
