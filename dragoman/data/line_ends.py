"""What ends a line of a text file.

A line ends with LF or CR LF. A file that begins without either, but with CR, is one of the old Macintosh kind: there CR
ends a line too. Nothing else does. Other separators that Unicode knows (NEL, U+2028) may stand inside a sentence, and
some programs take them for line ends and others do not, so that aligned files would shift.
"""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from dragoman.data.streams import buffered, looked_at

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


class _Returns(io.RawIOBase):
    """A stream with LF in the place of each CR that no LF follows, so that every byte stays in its place."""

    mode = "rb"
    name = ""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._waiting = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = getattr(self._stream, "read1", self._stream.read)
        data = self._waiting + read(max(1, len(buffer) - 2))
        self._waiting = b""
        if data.endswith(b"\r"):
            # Whether it ends a line by itself, the next byte tells.
            more = self._stream.read(1)
            data, self._waiting = (data + more, b"") if more == b"\n" else (data, more)
        data = b"\r\n".join(part.replace(b"\r", b"\n") for part in data.split(b"\r\n"))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
