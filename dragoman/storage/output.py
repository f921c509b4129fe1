"""Output to files that a user names.

A regular file is whole or unchanged, also behind symbolic links, and keeps its permissions; it is replaced, so that
other hard links to it keep the old content. Anything else, such as a device, a named pipe or a descriptor of this
process (``/dev/stdout``, ``/dev/fd/3``), is written to and never replaced.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from dragoman.errors import OutputError
from dragoman.storage.failure import unwritable
from dragoman.storage.folder import LONGEST_NAME, commit_file, discard, refuse_occupied, unfinished, write_file
from dragoman.storage.manifest import MANIFEST

_LINKS = 40
"""The most symbolic links that are followed one after the other, as in Linux."""


def check_output(path: Path, inputs: Iterable[Path | None] = ()) -> None:
    """Check, before work begins, that a file can be written; nothing is made or changed.

    Args:
        path: the file to be written.
        inputs: files that are read, which the output must not replace, and folders with checksums, such as a model's,
            in which it must not lie; None is standard input.

    Raises:
        OutputError: if the path is a folder or one of the inputs, or cannot be written.
    """
    check_name(path)
    status = _status(path)
    if status is not None and stat.S_ISDIR(status.st_mode):
        raise OutputError(
            "it is a folder, and a file is to be written", file=path, remedy="give the name of a file, such as out.txt."
        )
    _refuse_inputs(path, status, inputs)
    if _descriptor(path) is not None:
        return
    if status is not None and not os.access(path, os.W_OK):
        raise OutputError(
            "it is there, and may not be written",
            file=path,
            cause="it is read-only or belongs to someone else.",
            remedy="choose another name, or make it writable.",
        )
    if status is None or stat.S_ISREG(status.st_mode):
        check_folder(final_place(path).parent, path)


def check_outputs(outputs: Mapping[str, Path | None], inputs: Iterable[Path | None] = ()) -> None:
    """Check all outputs of one command as :func:`check_output` does; they must be different files.

    Args:
        outputs: the file that each option names; None for an option that was not given.
        inputs: files and folders that are read, as for :func:`check_output`.

    Raises:
        OutputError: if a file cannot be written, or two are the same file.
    """
    inputs, seen = list(inputs), dict[Path, str]()
    for option, path in outputs.items():
        if path is None:
            continue
        check_output(path, inputs)
        if is_stream(path):
            continue
        place = Path(os.path.realpath(path))
        if place in seen:
            raise OutputError(
                f"{seen[place]} and {option} name the same file", file=path, remedy="give two different names."
            )
        seen[place] = option


def check_folder(folder: Path, shown: Path | None = None) -> None:
    """Check that files can be made in a folder, or that the folder can be made; nothing is made.

    Args:
        folder: the folder, which need not exist.
        shown: the path that errors name; the folder if None.

    Raises:
        OutputError: if they cannot be made.
    """
    shown = folder if shown is None else shown
    check_name(shown)
    nearest = next(place for place in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(place))
    if not nearest.is_dir():
        raise OutputError(
            f"it cannot be here: {nearest} is no folder", file=shown, remedy="choose another place for the output."
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(
            f"it cannot be written: the folder {nearest} does not allow it",
            file=shown,
            cause="the folder is read-only or belongs to someone else.",
            remedy="choose another place for the output.",
        )


def check_new_folder(path: Path) -> None:
    """Check, before work begins, that a folder can be made, or that there is an empty one. Nothing is made.

    Raises:
        OutputError: if there is something else, or the folder cannot be made.
    """
    check_name(path)
    if path.name in ("", ".."):
        raise OutputError(
            "a folder is made under a name of its own", file=path, remedy="give a name, such as output, for the folder."
        )
    refuse_occupied(path)
    check_folder(path.parent, path)


def check_name(path: Path) -> None:
    """Check that no part of a path is too long for a name.

    Raises:
        OutputError: if one is.
    """
    for part in path.parts:
        size = len(os.fsencode(part))
        if size > LONGEST_NAME:
            raise OutputError(
                f"a name of {size:,} bytes is too long",
                file=f"{part[:40]}…",
                cause=f"a name may have {LONGEST_NAME} bytes; a letter that is not in ASCII has two to four.",
                remedy="choose a shorter name.",
            )


def write_output(path: Path, data: bytes) -> None:
    """Write a file as this module describes; its parent folders are made.

    Raises:
        OutputError: if it cannot be written.
        BrokenPipeError: if it is a pipe that nobody reads any more.
    """
    if is_stream(path):
        with opened_stream(path) as stream:
            stream.write(data)
    else:
        write_file(final_place(path), data)


@contextlib.contextmanager
def opened_output(path: Path) -> Iterator[BinaryIO]:
    """A file that is written part by part: it appears as a whole when the block ends, and not at all if the block
    fails. A device or a pipe gets each part at once.

    Raises:
        OutputError: if it cannot be written.
        BrokenPipeError: if it is a pipe that nobody reads any more.
    """
    if is_stream(path):
        with opened_stream(path) as stream:
            yield stream
        return
    place = final_place(path)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with open(unfinished(place), "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        commit_file(place)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        discard(place)


def is_stream(path: Path) -> bool:
    """Whether ``path`` is written to instead of being replaced: a device, a pipe, or a descriptor of this process."""
    if _descriptor(path) is not None:
        return True
    status = _status(path)
    return status is not None and not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode)


@contextlib.contextmanager
def opened_stream(path: Path) -> Iterator[BinaryIO]:
    """An open device, pipe or descriptor (see :func:`is_stream`), to be written to.

    Raises:
        OutputError: if it cannot be opened, or writing to it fails.
        BrokenPipeError: if it is a pipe that nobody reads any more.
    """
    number = _descriptor(path)
    try:
        opened = os.dup(number) if number is not None else os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
        with open(opened, "wb") as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(path, error) from error


def final_place(path: Path) -> Path:
    """The path to which symbolic links at ``path`` lead, whether or not it exists."""
    return Path(os.path.realpath(path)) if os.path.islink(path) else path


def _refuse_inputs(path: Path, status: os.stat_result | None, inputs: Iterable[Path | None]) -> None:
    place = Path(os.path.realpath(path))
    for given in inputs:
        try:
            read = os.fstat(0) if given is None else given.stat()
        except OSError:
            continue
        if given is not None and stat.S_ISDIR(read.st_mode):
            if (given / MANIFEST).exists() and Path(os.path.realpath(given)) in place.parents:
                raise OutputError(
                    f"it lies in {given}, which is read and must stay as it is",
                    file=path,
                    remedy="choose a place outside that folder.",
                )
        elif status is not None and stat.S_ISREG(read.st_mode) and os.path.samestat(read, status):
            raise OutputError(
                f"it is {'what standard input reads' if given is None else f'the same file as {given}, which is read'}",
                file=path,
                remedy="give the output another name.",
            )


def _status(path: Path) -> os.stat_result | None:
    """The status of the file to which links at ``path`` lead; None if there is none.

    Raises:
        OutputError: if the status cannot be read.
    """
    number = _descriptor(path)
    try:
        return os.fstat(number) if number is not None else path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unwritable(path, error) from error


def _descriptor(path: Path) -> int | None:
    """The number of this process's descriptor that a path names, such as ``/dev/stdout``; None if it names none."""
    own = {os.path.realpath("/proc/self/fd"), "/dev/fd"}
    for _ in range(_LINKS):
        folder = os.path.realpath(path.parent)
        if path.name.isdecimal() and folder in own:
            return int(path.name)
        if not os.path.islink(path):
            return None
        path = Path(folder, os.readlink(path))
    return None
