"""A file that is written part by part over hours, and can be resumed after an interruption.

While ``NAME`` is being written, its bytes are in ``.NAME.new``, and ``.NAME.progress`` holds the number of bytes that
are kept, their SHA-256, and what the writer needs to resume. Bytes are synced before they are recorded there, and the
record is replaced as a whole, so that recorded bytes always exist. ``NAME`` itself appears when everything is written.
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
    """The state that an interrupted writing left.

    Attributes:
        size: number of bytes of the file that are kept.
        digest: SHA-256 of these bytes in hexadecimal.
        whole: whether the file is complete, and only its final name was missing.
        facts: what the writer recorded to resume from here.
    """

    size: int
    digest: str
    whole: bool
    facts: dict[str, Any]


def kept_of(path: Path) -> Kept | None:
    """The state of a file whose writing was interrupted; None if nothing is kept.

    Raises:
        DamagedFileError: if the record cannot be read.
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
    """The path of the record of how far the writing of ``path`` came."""
    return beside(path, "progress")


def refuse_unfinished(path: Path) -> None:
    """Check that nothing is kept of an interrupted writing.

    Raises:
        OutputError: if something is kept.
    """
    if progress_of(path).exists():
        raise OutputError(
            "an unfinished one lies beside it",
            file=path,
            cause="an earlier command was interrupted.",
            remedy=f"go on with it by --resume, or remove {progress_of(path)} to begin anew.",
        )


class ResumableFile:
    """A file that grows by parts. Use :meth:`begin` or :meth:`resume` to open one.

    >>> with ResumableFile.begin(Path("out.txt")) as file:
    ...     file.append(b"one line\\n")
    ...     file.finish({"lines": 1})
    >>> Path("out.txt").read_text()
    'one line\\n'

    Args:
        path: the file to be written.
        stream: stream to the unfinished file.
        size: number of bytes so far.
        hashed: running SHA-256 of these bytes.
    """

    def __init__(self, path: Path, stream: FileIO, size: int, hashed: hashlib._Hash) -> None:
        self._path = path
        self._stream = stream
        self._size = size
        self._hashed = hashed

    @classmethod
    @contextlib.contextmanager
    def begin(cls, path: Path) -> Iterator[ResumableFile]:
        """Begin a new file; its parent folders are made.

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
        """Resume behind the bytes that are kept; bytes behind these are cut off.

        Raises:
            DamagedFileError: if the bytes that were kept are no longer there.
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
            OutputError: if it cannot be written; bytes that were kept before remain so.
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
        """Keep all bytes that were written so far, whatever happens next.

        Args:
            facts: what the writer needs to resume from here, as values for JSON.
            whole: whether the file is complete.

        Raises:
            OutputError: if it cannot be written; bytes that were kept before remain so.
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
        """Keep all bytes, and move the complete file to its place.

        Raises:
            OutputError: if that fails; then all bytes are kept.
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
    """Whether the complete file was in its place when the writing was interrupted; then only :func:`forget` is left."""
    if not kept.whole or unfinished(path).exists():
        return False
    try:
        hashed = _hash_of(path, kept.size)
        return hashed is not None and hashed.hexdigest() == kept.digest and path.stat().st_size == kept.size
    except OSError:
        return False


def forget(path: Path) -> None:
    """Remove the record of how far the writing of ``path`` came.

    Raises:
        OutputError: if it cannot be removed.
    """
    try:
        progress_of(path).unlink()
    except OSError as error:
        raise unwritable(progress_of(path), error, what="cannot be removed") from error


def _opened(path: Path, size: int) -> FileIO:
    """The unfinished file, locked and cut to ``size`` bytes. It is unbuffered, so that a write that fails fails at
    once."""
    stream = unfinished(path).open("ab", buffering=0)
    try:
        _lock(stream, path)
        stream.truncate(size)
    except BaseException:
        stream.close()
        raise
    return stream


def _lock(stream: FileIO, path: Path) -> None:
    """Lock the file until the stream is closed or the process ends, if the file system has locks."""
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
    """The running SHA-256 of the first ``size`` bytes of a file; None if there are fewer, or no file."""
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
