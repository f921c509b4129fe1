"""Opening a file that a person named: a file, compressed or not, or a pipe."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from dragoman.data.compressed import COMPRESSIONS, MAGIC, Decompressed, told
from dragoman.data.pipes import another, is_pipe, open_pipe, spooled
from dragoman.data.streams import buffered, looked_at
from dragoman.errors import InputError

_BUFFER = 1 << 16


def open_input(path: Path, *, once: bool = False) -> BinaryIO:
    """The content of a file, to be read as bytes. What gzip, bzip2, xz or Zstandard compressed is decompressed.

    What comes through a pipe is remembered where :func:`~dragoman.data.pipes.remembering_pipes` says so, so that each
    opening gives it from its beginning.

    Args:
        path: the file or the pipe.
        once: whether nobody else will ask for it, so that a pipe can be read while it is written.

    Raises:
        InputError: if there is none, or it cannot be opened.
    """
    try:
        piped = is_pipe(path)
        if piped and not once:
            return decompressed(open_pipe(path), path)
        stream = path.open("rb", buffering=_BUFFER)
        if piped or not stream.seekable():
            return decompressed(stream, path)
        magic = _magic(stream.read(MAGIC))
        stream.seek(0)
        return stream if magic is None else buffered(Decompressed(stream, magic, path))
    except FileNotFoundError:
        raise InputError("no such file", file=path, remedy="check the path.") from None
    except OSError as error:
        raise unreadable(path, error) from error


def open_seekable(path: Path) -> BinaryIO:
    """The same, of which any part can be read at any time, as formats need that have their index at the end.

    Raises:
        InputError: if there is none, it cannot be opened, or there is no room for what it holds.
    """
    stream = open_input(path)
    if stream.seekable():
        return stream
    with stream, spooled(stream, path) as held:
        return another(held)


def decompressed(stream: BinaryIO, file: Path | str, *, closes: bool = True) -> BinaryIO:
    """What a stream holds that may be compressed.

    Args:
        stream: at its beginning.
        file: what a person calls it.
        closes: whether closing what is returned closes the stream.
    """
    beginning, whole = looked_at(stream, MAGIC, told, closes=closes)
    magic = _magic(beginning)
    return whole if magic is None else buffered(Decompressed(whole, magic, file))


def unreadable(path: Path | str, error: OSError) -> InputError:
    """The error for a file that the operating system does not let us read, or that fails while it is read."""
    return InputError(f"cannot be read: {error.strerror or error}", file=path, remedy="give a readable file.")


def _magic(beginning: bytes) -> bytes | None:
    return next((magic for magic in COMPRESSIONS if beginning.startswith(magic)), None)
