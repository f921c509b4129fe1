"""Where a person watches: on a terminal, or in a notebook."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.text import Text


def console_for(choice: bool | None) -> Console | None:
    """Where progress is shown, or None where it is not: standard error, and a notebook's own output.

    Args:
        choice: whether to show it; None where a person watches: where standard error is a terminal, or in a notebook.
    """
    console = Console(stderr=True)
    wanted = choice if choice is not None else console.is_interactive or console.is_jupyter
    return console if wanted else None


def teller(choice: bool | None = None) -> Callable[[str], None]:
    """What shows a sentence on each thing done, or does nothing where no progress is shown.

    Args:
        choice: whether to show it, as :func:`console_for` takes it.
    """
    console = console_for(choice)
    if console is None:
        return lambda message: None
    return lambda message: print_line(console, message)


def print_line(console: Console, line: str) -> None:
    """Print a line as it is: brackets are no markup, and a line that goes to a file is not broken."""
    encoding = console.encoding
    console.print(Text(line.encode(encoding, "replace").decode(encoding)), soft_wrap=True, highlight=False)


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, such as ``0:12:05``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
