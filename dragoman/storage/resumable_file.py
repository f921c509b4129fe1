"""A file that is written part by part over hours, and gone on with if that is interrupted.

While ``NAME`` is being written, its bytes are in ``.NAME.new``, and ``.NAME.progress`` says how many of them are kept,
their SHA-256, and what the writer needs to go on. Bytes are synced before that file speaks of them, and it is replaced
as a whole, so that it never promises what is not there. ``NAME`` itself appears when all is written.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from dragoman.errors import DamagedFileError, OutputError
from dragoman.storage.failure import unwritable
from dragoman.storage.folder import beside, commit_file, discard, unfinished, write_file

_FORMAT = 1
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """What an interrupted writing left.

    Attributes:
        size: bytes of the file that are kept.
        digest: their SHA-256 in hexadecimal.
        whole: whether nothing was missing but the file's name.
        facts: what the writer said of them.
    """

    size: int
    digest: str
    whole: bool
    facts: dict[str, Any]


def kept_of(path: Path) -> Kept | None:
    """What is kept of a file whose writing was interrupted; None if nothing is.

    Raises:
        DamagedFileError: if that cannot be understood.
    """
    place = progress_of(path)
    try:
        found = json.loads(place.read_bytes())
        if found["format"] != _FORMAT:
            raise ValueError(f"format {found['format']}")
        return Kept(int(found["bytes"]), str(found["sha256"]), bool(found["whole"]), dict(found["facts"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFileError(
            f"it does not say how far the writing of {path.name} came: {error!r}",
            file=place,
            cause="it was altered, or written by another version.",
            remedy=f"remove it and {unfinished(path).name} to begin anew.",
        ) from error


def progress_of(path: Path) -> Path:
    """Where it is said how far the writing of ``path`` came."""
    return beside(path, "progress")


def refuse_unfinished(path: Path) -> None:
    """See to it that nothing is kept of an interrupted writing.

    Raises:
        OutputError: if something is.
    """
    if progress_of(path).exists():
        raise OutputError(
            "an unfinished one lies beside it",
            file=path,
            cause="an earlier command was interrupted.",
            remedy=f"go on with it by --resume, or remove {progress_of(path)} to begin anew.",
        )


class ResumableFile:
    """Grows by parts. Use :meth:`begin` or :meth:`resume`.

    Args:
        path: the file to be.
        stream: of its bytes so far.
        size: how many there are.
        hashed: their SHA-256.
    """

    def __init__(self, path: Path, stream: FileIO, size: int, hashed: hashlib._Hash) -> None:
        self._path = path
        self._stream = stream
        self._size = size
        self._hashed = hashed

    @classmethod
    @contextlib.contextmanager
    def begin(cls, path: Path) -> Iterator[ResumableFile]:
        """A new one; its parent folders are made.

        Raises:
            OutputError: if it cannot be written, is being written by another process, or something is kept of an
                interrupted writing.
        """
        refuse_unfinished(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            stream = _opened(path, 0)
        except OSError as error:
            raise unwritable(path, error) from error
        with cls(path, stream, 0, hashlib.sha256())._closing() as file:
            yield file

    @classmethod
    @contextlib.contextmanager
    def resume(cls, path: Path, kept: Kept) -> Iterator[ResumableFile]:
        """Go on after what is kept; bytes behind it are cut off.

        Raises:
            DamagedFileError: if the bytes that were kept are not there any more.
            OutputError: if it cannot be written, or is being written by another process.
        """
        try:
            hashed = _hash_of(unfinished(path), kept.size)
            if hashed is None or hashed.hexdigest() != kept.digest:
                raise DamagedFileError(
                    f"the first {kept.size:,} bytes are not those that were written",
                    file=unfinished(path),
                    cause="the file was removed, cut short or altered.",
                    remedy=f"remove {progress_of(path)} to begin anew.",
                )
            stream = _opened(path, kept.size)
        except OSError as error:
            raise unwritable(path, error) from error
        with cls(path, stream, kept.size, hashed)._closing() as file:
            yield file

    def append(self, data: bytes) -> None:
        """Write the next part.

        Raises:
            OutputError: if it cannot be written; what was kept before is.
        """
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._stream.write(rest) :]
        except OSError as error:
            raise unwritable(self._path, error) from error
        self._hashed.update(data)
        self._size += len(data)

    def keep(self, facts: Mapping[str, object], *, whole: bool = False) -> None:
        """Make sure of all that was written so far.

        Args:
            facts: what is needed to go on from here, for JSON.
            whole: whether nothing will follow.

        Raises:
            OutputError: if it cannot be written; what was kept before is.
        """
        said = {
            "format": _FORMAT,
            "bytes": self._size,
            "sha256": self._hashed.hexdigest(),
            "whole": whole,
            "facts": dict(facts),
        }
        try:
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise unwritable(self._path, error) from error
        write_file(progress_of(self._path), (json.dumps(said, indent=2) + "\n").encode())

    def finish(self, facts: Mapping[str, object]) -> None:
        """Put the file at its place.

        Raises:
            OutputError: if that fails; all is kept then.
        """
        self.keep(facts, whole=True)
        commit_file(self._path)
        forget(self._path)

    @contextlib.contextmanager
    def _closing(self) -> Iterator[ResumableFile]:
        try:
            yield self
        finally:
            self._stream.close()
            if not progress_of(self._path).exists():
                discard(self._path)


def is_in_place(path: Path, kept: Kept) -> bool:
    """Whether the whole file had got its name when the writing was interrupted; :func:`forget` is all that is left."""
    if not kept.whole or unfinished(path).exists():
        return False
    try:
        hashed = _hash_of(path, kept.size)
        return hashed is not None and hashed.hexdigest() == kept.digest and path.stat().st_size == kept.size
    except OSError:
        return False


def forget(path: Path) -> None:
    """Remove what says how far the writing of ``path`` came.

    Raises:
        OutputError: if it cannot be removed.
    """
    try:
        progress_of(path).unlink()
    except OSError as error:
        raise unwritable(progress_of(path), error, what="cannot be removed") from error


def _opened(path: Path, size: int) -> FileIO:
    """The unfinished file, locked and cut to so many bytes. It is unbuffered: no write fails later than it is made."""
    stream = unfinished(path).open("ab", buffering=0)
    try:
        _lock(stream, path)
        stream.truncate(size)
    except BaseException:
        stream.close()
        raise
    return stream


def _lock(stream: FileIO, path: Path) -> None:
    """Until the stream is closed or the process ends. Where a file system knows no locks, there is none."""
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            "another process is writing it",
            file=path,
            remedy="wait until it has ended, or stop it, and try again.",
        ) from error
    except OSError:
        pass


def _hash_of(path: Path, size: int) -> hashlib._Hash | None:
    """SHA-256 of the first so many bytes of a file, to be gone on with; None if there are fewer, or no file."""
    hashed = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while size:
                block = stream.read(min(_BLOCK, size))
                if not block:
                    return None
                hashed.update(block)
                size -= len(block)
    except FileNotFoundError:
        return None
    return hashed
