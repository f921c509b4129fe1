"""Text files as chunks of pairs: buffers of lines, which become text only where something is wrong with them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from dragoman.data.chunk import CHUNK, Chunk, Pair, chunked
from dragoman.data.pipes import is_pipe
from dragoman.data.text_file import BYTE_ORDER_MARK, ByteStream, decoded, next_raw_lines, open_text, read_raw_lines
from dragoman.errors import InputError
from dragoman.native.lines import Lines


def read_line_chunks(source: Path, target: Path) -> Iterator[Chunk]:
    """The lines of two files side by side. What ends a line, :mod:`~dragoman.data.line_ends` says; a byte-order
    mark is dropped.

    Raises:
        InputError: if a file cannot be read, is not UTF-8, or the files have different numbers of lines.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(open_text(path)) for path in (source, target)]
        first = 1
        while True:
            lefts = next_raw_lines(files[0], source, first, CHUNK)
            rights = _as_many(files[1], target, first, len(lefts) or 1)
            if not lefts and not rights:
                return
            sides = (_lines(lefts, first), _lines(rights, first))
            if sides[0] is None or sides[1] is None or len(lefts) != len(rights):
                # Line by line, for the first fault that there is.
                left = _decoded_lines(lefts, files[0], source, first)
                right = _decoded_lines(rights, files[1], target, first)
                yield from chunked(pair_lines(left, right, source, target, first))
                return
            yield Chunk.of_file(sides[0], sides[1], str(source), first)
            first += len(lefts)


def read_text_chunks(path: Path) -> Iterator[Chunk]:
    """The lines of a text, each as a pair of itself, so that every rule, split and hash of pairs serves texts too.

    Raises:
        InputError: if the file cannot be read or is not UTF-8.
    """
    with open_text(path) as file:
        first = 1
        while raw := next_raw_lines(file, path, first, CHUNK):
            lines = _lines(raw, first)
            if lines is None:
                lines = Lines.of([_text(line, path, number) for number, line in enumerate(raw, start=first)])
            yield Chunk.of_file(lines, lines, str(path), first)
            first += len(raw)


def pair_lines(
    lefts: Iterator[str], rights: Iterator[str], source: Path, target: Path, first: int = 1
) -> Iterator[Pair]:
    """Lines of two files side by side, from line ``first`` on.

    Raises:
        InputError: if there are more of one than of the other.
    """
    file = str(source)
    for number in itertools.count(first):
        left, right = next(lefts, None), next(rights, None)
        if left is None and right is None:
            return
        if left is None or right is None:
            rest = sum(1 for _ in lefts) + sum(1 for _ in rights)
            short, long = (source, target) if left is None else (target, source)
            raise InputError(
                f"the files have different numbers of lines: {short} has {number - 1:,} and {long} has "
                f"{number + rest:,}",
                file=short,
                cause=_shifted_by(short, long, rest + 1) or "a line is missing or was broken in two somewhere before.",
                remedy="align the files so that line n of one translates line n of the other.",
            )
        yield Pair(left, right, file, number)


_NO_LINE_ENDS = {
    b"\xc2\x85": "NEL (U+0085)",
    b"\xe2\x80\xa8": "line separators (U+2028)",
    b"\xe2\x80\xa9": "paragraph separators (U+2029)",
    b"\r": "CR without LF",
    b"\x0b": "vertical tabs",
    b"\x0c": "form feeds",
}
"""What some programs end a line at, and we do not."""


def _shifted_by(short: Path, long: Path, missing: int) -> str | None:
    """Why one of two files has fewer lines than the other, if that is because of what counts as the end of a line.

    Args:
        short: the one with fewer.
        long: the other.
        missing: lines that it lacks.
    """
    if is_pipe(short) or is_pipe(long):
        return None
    counts = [_counts(path) for path in (short, long)]
    for mark, name in _NO_LINE_ENDS.items():
        if counts[0][mark] - counts[1][mark] == missing:
            return (
                f"{short} has {name} inside its lines, where some programs end a line; here lines end with LF or CR LF."
            )
    return None


def _counts(path: Path) -> dict[bytes, int]:
    counts = dict.fromkeys(_NO_LINE_ENDS, 0)
    for line in read_raw_lines(path):
        content = line.rstrip("\r\n").encode()
        for mark in counts:
            counts[mark] += content.count(mark)
    return counts


def _as_many(stream: ByteStream, path: Path, first: int, count: int) -> list[bytes]:
    """So many lines, or all that there are, however long."""
    lines = next_raw_lines(stream, path, first, count)
    while lines and len(lines) < count:
        more = next_raw_lines(stream, path, first + len(lines), count - len(lines))
        if not more:
            break
        lines += more
    return lines


def _lines(raw: list[bytes], first: int) -> Lines | None:
    """Lines of a file, from line ``first`` on, without their ends; None if one is not UTF-8."""
    if first == 1 and raw:
        raw = [raw[0].removeprefix(BYTE_ORDER_MARK), *raw[1:]]
    lines = Lines.of_raw(raw)
    content = lines.content.tobytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if b"\r" not in content:
        return lines
    return Lines.of_raw([line.removesuffix(b"\n").removesuffix(b"\r") + b"\n" for line in raw])


def _decoded_lines(raw: list[bytes], stream: ByteStream, path: Path, first: int) -> Iterator[str]:
    """Lines that were read, and then all that follow them."""
    while raw:
        for number, line in enumerate(raw, start=first):
            yield _text(line, path, number)
        first += len(raw)
        raw = next_raw_lines(stream, path, first, CHUNK)


def _text(line: bytes, path: Path, number: int) -> str:
    return decoded(line, path, number).removesuffix("\n").removesuffix("\r")
