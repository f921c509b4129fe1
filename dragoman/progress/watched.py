"""Decides whether a person watches: on a terminal, or in a notebook."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.text import Text


def console_for(choice: bool | None) -> Console | None:
    """The console that shows progress, on standard error or in a notebook's output; None if progress is not shown.

    Args:
        choice: whether progress is shown; None to show it where standard error is a terminal, or in a notebook.
    """
    console = Console(stderr=True)
    wanted = choice if choice is not None else console.is_interactive or console.is_jupyter
    return console if wanted else None


def logger(choice: bool | None = None) -> Callable[[str], None]:
    """A function that shows a sentence about the progress of work, or does nothing where progress is not shown.

    Args:
        choice: whether progress is shown, as for :func:`console_for`.
    """
    console = console_for(choice)
    if console is None:
        return lambda message: None
    return lambda message: print_line(console, message)


def print_line(console: Console, line: str) -> None:
    """Print a line unchanged: brackets are no markup, and a line that goes to a file is not broken."""
    encoding = console.encoding
    console.print(Text(line.encode(encoding, "replace").decode(encoding)), soft_wrap=True, highlight=False)


def duration(seconds: float) -> str:
    """A time as hours, minutes and seconds.

    >>> duration(725)
    '0:12:05'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
