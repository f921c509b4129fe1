"""The progress of counted work: how many things are done, at what rate, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TypeVar

from rich.console import Console

from dragoman.progress.bar import Bar, open_bar
from dragoman.progress.watched import console_for, duration, print_line

SHOWN_AFTER = 1.0
"""The time in seconds after which progress is shown."""
LINE_EVERY = 10.0
"""The time in seconds between two lines where there is no bar."""

Of = TypeVar("Of")


class Counting:
    """Shows the progress of work that takes longer than a second. Use it as a context manager.

    >>> with Counting(3, "lines", progress=False) as counting:
    ...     upper = [line.upper() for line in counting.over(["a", "b", "c"])]
    >>> upper, counting.done
    (['A', 'B', 'C'], 3)

    Args:
        total: number of things.
        things: name of the things, in the plural.
        progress: whether progress is shown; None to show it where a person watches, as
            :func:`~dragoman.progress.watched.console_for` decides.
        console: the console that shows progress; standard error if None.
        clock: function that gives the time in seconds, which never goes back.

    Attributes:
        done: number of things that are done.
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
        """Count ``count`` more things as done."""
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
        """The same parts, each counted when the next is requested; ``size`` gives the number of things in a part."""
        for part in parts:
            yield part
            self.add(size(part))

    def _count(self) -> str:
        return f"{self.done:,}/{self._total:,} {self._things}"

    def _rate(self) -> str:
        elapsed = max(self._clock() - self._began, 1e-9)
        left = elapsed / max(self.done, 1) * (self._total - self.done)
        return f"{self.done / elapsed:,.0f} {self._things}/s  {duration(elapsed)}  left {duration(left)}"
