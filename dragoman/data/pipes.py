"""Pipes that are named as files. What comes through one can be read only once, so it is kept for whoever reads on.

A shell's ``<(…)``, ``/dev/stdin`` and named pipes lose what was read of them, and corpora are looked at several times:
for their format, for how a table separates its fields, for their rows.
"""

from __future__ import annotations

import io
import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dragoman.data.streams import ByteSource
from dragoman.errors import InputError

_BLOCK = 1 << 20

_Key = tuple[str, int, int]


class _Memory:
    """What came through pipes, each in a file without a name that goes with the process at the latest."""

    def __init__(self) -> None:
        self.users = 0
        self.lock = threading.Lock()
        self.files: dict[_Key, BinaryIO] = {}

    def forget(self) -> None:
        for file in self.files.values():
            file.close()
        self.files.clear()


_MEMORY = _Memory()


@contextmanager
def remembering_pipes() -> Iterator[None]:
    """During the block, the data of a pipe can be read repeatedly from its beginning."""
    with _MEMORY.lock:
        _MEMORY.users += 1
    try:
        yield
    finally:
        with _MEMORY.lock:
            _MEMORY.users -= 1
            if not _MEMORY.users:
                _MEMORY.forget()


def is_pipe(path: Path) -> bool:
    """Whether a path names a pipe or a socket."""
    with suppress(OSError):
        mode = path.stat().st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    return False


def open_pipe(path: Path) -> BinaryIO:
    """What comes through a pipe, from its beginning; remembered inside :func:`remembering_pipes`.

    Raises:
        OSError: if it cannot be opened or read.
        InputError: if there is no room for what comes through it.
    """
    with _MEMORY.lock:
        if not _MEMORY.users:
            return path.open("rb", buffering=_BLOCK)
        status = path.stat()
        key = (str(path), status.st_dev, status.st_ino)
        if key not in _MEMORY.files:
            with path.open("rb") as stream:
                _MEMORY.files[key] = spooled(stream, path)
        return another(_MEMORY.files[key])


def spooled(stream: BinaryIO, file: Path | str) -> BinaryIO:
    """All that is left of a stream in a temporary file without a name.

    Raises:
        InputError: if there is no room for it.
    """
    held = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked for it closes it
    try:
        shutil.copyfileobj(stream, held, _BLOCK)
        held.flush()
    except OSError as error:
        size = held.tell()
        held.close()
        raise InputError(
            f"what comes out of it cannot be kept: {error.strerror or error}, after {size:,} bytes",
            file=file,
            cause=f"it has to be read more than once, for which {tempfile.gettempdir()} has no room.",
            remedy="give a file, or name a folder with more room by the environment variable TMPDIR.",
        ) from error
    held.seek(0)
    return held


def another(held: BinaryIO) -> BinaryIO:
    """Another reader of a file without a name, at its beginning, whatever others of it do."""
    return io.BufferedReader(_Reader(os.dup(held.fileno())), _BLOCK)


class _Reader(ByteSource):
    """Reads a file by places of its own. Duplicates of a file's descriptor would share one."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._place = 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: os.fstat(self._descriptor).st_size}[whence]
        self._place = max(0, begin + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def next_bytes(self, size: int) -> bytes:
        data = os.pread(self._descriptor, size, self._place)
        self._place += len(data)
        return data

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()
