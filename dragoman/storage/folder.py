"""Folders and files that are whole or absent, whatever interrupts their writing."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from dragoman.errors import OutputError
from dragoman.storage.manifest import write_manifest


@contextlib.contextmanager
def new_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """A temporary folder beside ``path`` that becomes ``path`` when the block ends without an error.

    Every file is synced and listed in the manifest before the rename, and the parent folder is synced after it. If the
    block raises, the temporary folder is removed, and whatever stood at ``path`` is as it was.

    Args:
        path: the folder to be; its parents are made.
        replace: whether an existing one is replaced. The old one is set aside until the new one stands; if the machine
            fails in between, :func:`recover` finds it.

    Raises:
        OutputError: if ``path`` exists and is not empty, unless ``replace``; or if it cannot be written.
    """
    _refuse_existing(path, replace)
    temporary = _beside(path, "new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        recover(path)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        yield temporary
        write_manifest(temporary)
        _sync_below(temporary)
        _move_into_place(temporary, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def recover(path: Path) -> None:
    """Put right a replacement of ``path`` that was interrupted between its two renames."""
    old = _beside(path, "old")
    if old.is_dir() and not path.exists():
        old.rename(path)
        _sync_folder(path.parent)
    elif old.is_dir():
        shutil.rmtree(old, ignore_errors=True)


def write_file(path: Path, data: bytes) -> None:
    """Write a file that is whole or as it was before.

    Raises:
        OutputError: if it cannot be written.
    """
    temporary = _beside(path, "new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot be written: {error.strerror or error}",
        file=path,
        cause="the disk is full, or the folder is read-only.",
        remedy="make room or choose another place, and try again.",
    )


def _refuse_existing(path: Path, replace: bool) -> None:
    occupied = path.exists() and (not path.is_dir() or any(path.iterdir()))
    if occupied and not replace:
        raise OutputError(
            "it exists already and is not empty", file=path, remedy="choose another place, or remove this one first."
        )


def _beside(path: Path, kind: str) -> Path:
    return path.parent / f".{path.name}.{kind}"


def _move_into_place(temporary: Path, path: Path) -> None:
    old = _beside(path, "old")
    if path.exists():
        path.rename(old)
    temporary.rename(path)
    _sync_folder(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync_below(folder: Path) -> None:
    for root, _, names in os.walk(folder, topdown=False):
        for name in names:
            with (Path(root) / name).open("rb") as stream:
                os.fsync(stream.fileno())
        _sync_folder(Path(root))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
