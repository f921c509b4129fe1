"""Standard input, output and errors, whatever state a command is started with."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO


@contextlib.contextmanager
def sound_streams() -> Iterator[None]:
    """Make the standard streams such that every command may use them, for the length of a block.

    - One that is closed (``>&-``) takes no file that is opened later; using it fails, as the shell's tools do.
    - What the encoding of the terminal lacks is written as an escape.
    - Messages that cannot be written, to a terminal that was closed among others, are lost and end no work.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    for number, wrong_way in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        _occupy(number, wrong_way)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # it is open as long as the process
    if sys.stdout is None:
        sys.stdout = _writer(1)
    if sys.stderr is None:
        sys.stderr = _writer(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.stderr = _Unfailing(sys.stderr)
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def let_go() -> None:
    """Write out what standard output holds.

    Raises:
        OSError: if that fails; what it holds is thrown away then, so that nothing tries it again.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        throw_away()
        raise


def throw_away() -> None:
    """Let what standard output still holds go nowhere: its reader has gone, or its disk is full."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _Unfailing:
    """A stream of text whose failures nobody hears of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _occupy(number: int, wrong_way: int) -> None:
    """If a descriptor is closed, open it such that what it is for fails, and no other file gets its number."""
    try:
        os.fstat(number)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        opened = os.open(os.devnull, wrong_way)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)


def _writer(number: int) -> TextIO:
    # The layer below is not told to append or to create, so that a descriptor for reading alone can be wrapped.
    return io.TextIOWrapper(io.BufferedWriter(io.FileIO(number, "w", closefd=False)), encoding="utf-8")
