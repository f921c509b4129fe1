"""Where a command's results go: to a file that a person names, or to standard output."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import typer

from dragoman.errors import OutputError

STANDARD_OUTPUT = Path("/dev/fd/1")
"""Standard output as a file, for :func:`~dragoman.storage.output.check_output`: it must not be an input either."""


@runtime_checkable
class Sink(Protocol):
    """What results are written into, part by part."""

    def write(self, data: bytes, /) -> int:
        """The next part."""
        ...

    def flush(self) -> None:
        """Let go what was written so far."""
        ...


def output_option(help: str, *names: str) -> Any:
    """An option that names a file to be written."""
    return typer.Option(*names, help=help, parser=_file, metavar="FILE")


def emit(output: Path | None, data: bytes) -> None:
    """Write results as a whole; None is standard output.

    Raises:
        OutputError: if the file cannot be written.
    """
    from dragoman.storage.output import write_output

    if output is not None:
        write_output(output, data)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()


@contextlib.contextmanager
def opened_sink(output: Path | None) -> Iterator[Sink]:
    """A device or a pipe, or standard output.

    Raises:
        OutputError: if it cannot be opened, or writing into it fails.
    """
    from dragoman.storage.output import opened_stream

    if output is None:
        yield sys.stdout.buffer
    else:
        with opened_stream(output) as stream:
            yield stream


def _file(text: str) -> Path:
    """A path as it was given: :class:`Path` drops the slash that says that it is a folder's."""
    if not text:
        raise OutputError("an output's name is empty", remedy="give the name of a file, such as out.txt.")
    if text.endswith("/"):
        raise OutputError(
            "the name ends as a folder's, and a file is to be written", file=text, remedy=f"give {text}out.txt or so."
        )
    return Path(text)
