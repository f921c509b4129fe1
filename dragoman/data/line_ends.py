"""What ends a line of a text file.

A line ends with LF or CR LF. A file that begins without either, but with CR, is one of the old Macintosh kind: there CR
ends a line too. Nothing else does. Other separators that Unicode knows (NEL, U+2028) may stand inside a sentence, and
some programs take them for line ends and others do not, so that aligned files would shift.
"""

from __future__ import annotations

from typing import BinaryIO

from dragoman.data.streams import ByteSource, buffered, looked_at

_LOOKED_AT = 1 << 16
"""Bytes of the beginning that are searched for a line feed."""


def with_line_feeds(stream: BinaryIO) -> BinaryIO:
    """A stream of text, at its beginning, as one in which LF or CR LF end every line."""
    if stream.seekable():
        beginning, whole = stream.read(_LOOKED_AT), stream
        stream.seek(0)
    else:
        beginning, whole = looked_at(stream, _LOOKED_AT, lambda found: b"\n" in found)
    return buffered(_Returns(whole)) if b"\r" in beginning and b"\n" not in beginning else whole


class _Returns(ByteSource):
    """A stream with LF in the place of each CR that no LF follows, so that every byte stays in its place."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting = b""

    def next_bytes(self, size: int) -> bytes:
        read = getattr(self._stream, "read1", self._stream.read)
        data: bytes = self._waiting + read(max(1, size - 2))
        self._waiting = b""
        if data.endswith(b"\r"):
            # Whether it ends a line by itself, the next byte tells.
            more = self._stream.read(1)
            data, self._waiting = (data + more, b"") if more == b"\n" else (data, more)
        return b"\r\n".join(part.replace(b"\r", b"\n") for part in data.split(b"\r\n"))

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
