"""A lock, so that one process at a time writes to a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from dragoman.errors import OutputError
from dragoman.storage.failure import unwritable


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to ``folder`` during the block.

    It is a lock of the operating system and leaves no file: it ends with the process, however that ends. If a file
    system has no locks, the block runs without one.

    Raises:
        OutputError: if another process holds the lock, or there is no such folder.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(
                "another process is writing in this folder",
                file=folder,
                remedy="wait until it has ended, or stop it, and try again.",
            ) from error
        except OSError:
            pass
        yield
    finally:
        os.close(descriptor)
