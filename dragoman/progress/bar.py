"""A progress bar between two texts, on a terminal or in a notebook; both texts are renewed whenever it is drawn."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable
from html import escape
from typing import Any, Protocol, runtime_checkable

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task
from rich.table import Column
from rich.text import Text

DRAWN_EVERY = 0.25
"""The time between two drawings of a bar, in seconds."""

# A terminal has one last line: while a bar stands there, no second bar is shown for work inside that work.
_LAST_LINE = threading.Lock()

Texts = Callable[[], str]


@runtime_checkable
class Bar(Protocol):
    """A progress bar."""

    def move(self, done: int) -> None:
        """Show that ``done`` units of work are done."""
        ...

    def close(self) -> None:
        """Remove the bar. It may be called again."""
        ...


def open_bar(console: Console, total: int | None, done: int, left: Texts, right: Texts) -> Bar | None:
    """A bar in the last line of a terminal, or in a notebook; None elsewhere, and where one is shown already.

    Args:
        console: the console that shows the bar.
        total: amount of work; None if it is unknown.
        done: amount of work that is done already.
        left: function that gives the text before the bar.
        right: function that gives the text behind the bar.
    """
    if not (console.is_interactive or console.is_jupyter) or not _LAST_LINE.acquire(blocking=False):
        return None
    try:
        kind = NotebookBar if console.is_jupyter else TerminalBar
        return kind(console, total, done, left, right)
    except BaseException:
        _LAST_LINE.release()
        raise


class TerminalBar:
    """A bar in the last line of a terminal; see :func:`open_bar`."""

    def __init__(self, console: Console, total: int | None, done: int, left: Texts, right: Texts) -> None:
        columns = (_TextColumn(left), BarColumn(bar_width=None), _TextColumn(right))
        self._bar: Progress | None = Progress(
            *columns, console=console, refresh_per_second=round(1 / DRAWN_EVERY), transient=True, expand=True
        )
        self._task = self._bar.add_task("", total=total, completed=done)
        self._bar.start()

    def move(self, done: int) -> None:
        """Show that ``done`` units of work are done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done)

    def close(self) -> None:
        """Remove the bar. It may be called again."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            _LAST_LINE.release()


class NotebookBar:
    """A bar in the output of a notebook's cell, drawn by the browser; see :func:`open_bar`."""

    def __init__(self, console: Console, total: int | None, done: int, left: Texts, right: Texts) -> None:
        del console
        self._total, self._texts = total, (left, right)
        # A notebook always has IPython, and nothing else needs it.
        display: Any = importlib.import_module("IPython.display")
        self._html = display.HTML
        self._drawn_at = time.monotonic()
        self._place: Any = display.display(self._html(self._drawn(done)), display_id=True)

    def move(self, done: int) -> None:
        """Show that ``done`` units of work are done."""
        now = time.monotonic()
        if self._place is not None and now - self._drawn_at >= DRAWN_EVERY:
            self._drawn_at = now
            self._place.update(self._html(self._drawn(done)))

    def close(self) -> None:
        """Remove the bar. It may be called again."""
        if self._place is not None:
            self._place.update(self._html(""))
            self._place = None
            _LAST_LINE.release()

    def _drawn(self, done: int) -> str:
        left, right = (escape(text()) for text in self._texts)
        share = f' value="{done}" max="{self._total}"' if self._total else ""
        return f'<div style="white-space: pre">{left}  <progress{share}></progress>  {right}</div>'


class _TextColumn(ProgressColumn):
    """A column of the bar whose text is renewed whenever it is drawn."""

    max_refresh = None

    def __init__(self, text: Texts) -> None:
        # Cut, not wrapped: rich would end a cut text with a character that not every terminal can show.
        super().__init__(table_column=Column(no_wrap=True, overflow="crop"))
        self._text = text

    def render(self, task: Task) -> Text:
        return Text(self._text(), no_wrap=True, overflow="crop")
