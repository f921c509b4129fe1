"""Streams of bytes whose beginning was looked at, and is given back."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER = 1 << 16


class ByteSource(io.RawIOBase):
    """Bytes that a subclass gives block by block, as a stream that can be read."""

    mode = "rb"
    name = ""

    def next_bytes(self, size: int) -> bytes | memoryview:
        """The next bytes, at most ``size`` of them; none at the end."""
        raise NotImplementedError

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """The next bytes, into a buffer; how many they are."""
        room = memoryview(buffer).cast("B")
        data = self.next_bytes(len(room))
        room[: len(data)] = data
        return len(data)


class Prefixed(ByteSource):
    """Some bytes, and behind them what is left of a stream.

    Args:
        prefix: come first.
        rest: the stream.
        closes: whether it is closed with this one.
    """

    def __init__(self, prefix: bytes, rest: BinaryIO, *, closes: bool = True) -> None:
        self._prefix = memoryview(prefix)
        self._rest = rest
        self._closes = closes
        # Whoever pipes lines one by one waits for their answers: no more is awaited than there is.
        self._read = getattr(rest, "read1", rest.read)

    def next_bytes(self, size: int) -> bytes | memoryview:
        """Those in front, and then those of the stream."""
        if not self._prefix:
            return self._read(size)
        data, self._prefix = self._prefix[:size], self._prefix[size:]
        return data

    def close(self) -> None:
        """End reading."""
        if not self.closed and self._closes:
            self._rest.close()
        super().close()


def looked_at(
    stream: BinaryIO, most: int, enough: Callable[[bytes], bool], *, closes: bool = True
) -> tuple[bytes, BinaryIO]:
    """The beginning of a stream, and the stream as it was before.

    Args:
        stream: at its beginning.
        most: bytes that are looked at, at most.
        enough: whether no more of them are needed.
        closes: whether closing what is returned closes the stream.
    """
    read = getattr(stream, "read1", stream.read)
    found = b""
    while len(found) < most and not enough(found) and (more := read(most - len(found))):
        found += more
    return found, buffered(Prefixed(found, stream, closes=closes))


def buffered(stream: io.RawIOBase) -> BinaryIO:
    """The same stream, read in blocks."""
    return io.BufferedReader(stream, _BUFFER)
