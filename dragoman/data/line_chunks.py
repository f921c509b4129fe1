"""A text as a stream of chunks of lines, however long it is.

Where a chunk ends depends on the text alone, so that work that is done chunk by chunk can be gone on with behind any of
them as if it had never stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dragoman.data.open_input import unreadable
from dragoman.data.text_file import ByteStream, decoded, limited_lines
from dragoman.errors import InputError

CHUNK_LINES = 4096
"""Lines of a chunk."""
CHUNK_CHARACTERS = 1 << 22
"""A chunk ends with the line that reaches these, so that long lines do not fill the memory."""

LONGEST_LINE = 1 << 20
"""Bytes of a line, at most: a longer one is no sentence, and would take memory and time out of proportion."""

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file between two lines.

    Attributes:
        line: lines before it.
        byte: bytes before it.
        digest: SHA-256 of these in hexadecimal.
    """

    line: int
    byte: int
    digest: str


START = Place(0, 0, hashlib.sha256().hexdigest())
"""Where every file begins."""


@dataclass(frozen=True, slots=True)
class LineChunk:
    """Consecutive lines.

    Attributes:
        first: lines before them.
        lines: without their ends.
        end: the place behind them, if they are from a file.
    """

    first: int
    lines: list[str]
    end: Place | None = None


def chunks_of(lines: Iterable[str]) -> Iterator[LineChunk]:
    """Chunks of lines that are at hand or come from anywhere. An item that is not text counts as a short one."""
    chunk: list[str] = []
    first = characters = 0
    for line in lines:
        chunk.append(line)
        characters += len(line) if isinstance(line, str) else 0
        if len(chunk) == CHUNK_LINES or characters >= CHUNK_CHARACTERS:
            yield LineChunk(first, chunk)
            first, chunk, characters = first + len(chunk), [], 0
    if chunk:
        yield LineChunk(first, chunk)


def read_chunks(stream: ByteStream, file: Path | str, after: Place = START) -> Iterator[LineChunk]:
    """Chunks of a stream of UTF-8, each with its end.

    Args:
        stream: at its beginning.
        file: what a person calls it.
        after: the end of an earlier chunk, to go on from; what lies before it must be as it was then.

    Raises:
        InputError: if a line is not UTF-8 or has more than 1 MiB, or what lies before ``after`` is not as it was.
    """
    hashed = _skip(stream, file, after)
    line, byte = after.line, after.byte
    chunk: list[str] = []
    characters = 0
    for raw in limited_lines(stream, file, line):
        if len(raw) > LONGEST_LINE:
            raise InputError(
                f"a line of {len(raw):,} bytes; at most {LONGEST_LINE:,} are translated as one",
                file=file,
                line=line + 1,
                cause="a whole document without line feeds in it.",
                remedy="break it into lines, one sentence or paragraph each; `fold -s -w 1000` breaks it at spaces.",
            )
        hashed.update(raw)
        line, byte = line + 1, byte + len(raw)
        chunk.append(decoded(raw, file, line).removesuffix("\n").removesuffix("\r"))
        characters += len(chunk[-1])
        if len(chunk) == CHUNK_LINES or characters >= CHUNK_CHARACTERS:
            yield LineChunk(line - len(chunk), chunk, Place(line, byte, hashed.hexdigest()))
            chunk, characters = [], 0
    if chunk:
        yield LineChunk(line - len(chunk), chunk, Place(line, byte, hashed.hexdigest()))


def _skip(stream: ByteStream, file: Path | str, place: Place) -> hashlib._Hash:
    """The hash of all that lies before a place, which is read over."""
    hashed, left = hashlib.sha256(), place.byte
    try:
        while left and (block := stream.read(min(_BLOCK, left))):
            hashed.update(block)
            left -= len(block)
    except OSError as error:
        raise unreadable(file, error) from error
    if left or hashed.hexdigest() != place.digest:
        raise InputError(
            f"its first {place.line:,} lines, {place.byte:,} bytes, are not those that were read before",
            file=file,
            cause="it was edited or replaced since then.",
            remedy="give the file as it was, or begin anew.",
        )
    return hashed
