"""Files that gzip, bzip2, xz or Zstandard made smaller, told by how they begin."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol, runtime_checkable

from dragoman.data.streams import ByteSource
from dragoman.errors import InputError, UnsupportedError

_MIB = 1 << 20
_RATIO_MATTERS_FROM = 64 * _MIB
_HIGHEST_RATIO = 200
"""By how many times a file may grow, once that makes more than 64 MiB: text hardly ever does by 50."""

# Everything that the libraries let through from a file that is damaged.
_DAMAGE = (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError)


@runtime_checkable
class _Content(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _zstandard(stream: _Counted) -> _Content:
    import pyarrow as pa

    if not pa.Codec.is_available("zstd"):
        raise UnsupportedError(
            "this build of pyarrow cannot read Zstandard", remedy="decompress the file first, with `zstd -d`."
        )
    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")


COMPRESSIONS: dict[bytes, tuple[str, Callable[[Any], _Content]]] = {
    b"\x1f\x8b\x08": ("gzip", lambda stream: gzip.GzipFile(fileobj=stream, mode="rb")),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
    b"\x28\xb5\x2f\xfd": ("Zstandard", _zstandard),
}
"""What a file begins with, what that is called, and what reads it."""

MAGIC = max(map(len, COMPRESSIONS))
"""Bytes after which every one of them is told."""

ENDINGS = (".gz", ".bz2", ".xz", ".zst")
"""What the names of compressed files end with."""


def told(beginning: bytes) -> bool:
    """Whether more bytes could say nothing more about what a file is compressed by."""
    return not any(magic.startswith(beginning) and magic != beginning for magic in COMPRESSIONS)


def plain_name(path: Path) -> Path:
    """A path without the ending that says that it is compressed."""
    return path.with_suffix("") if path.suffix.lower() in ENDINGS else path


class Decompressed(ByteSource):
    """What a compressed stream holds.

    Args:
        stream: at its beginning.
        magic: the bytes that the file begins with, one of :data:`COMPRESSIONS`.
        file: what a person calls it.
    """

    def __init__(self, stream: BinaryIO, magic: bytes, file: Path | str) -> None:
        self._name, make = COMPRESSIONS[magic]
        self._file = file
        self._stream = stream
        self._counted = _Counted(stream)
        self._content = make(self._counted)
        self._made = 0

    def next_bytes(self, size: int) -> bytes:
        """The next bytes, at most ``size`` of them; none at the end.

        Raises:
            InputError: if the file is damaged, cut short, or grows without measure.
        """
        try:
            data = self._content.read(size)
        except InputError:
            raise
        except _DAMAGE as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
            raise InputError(
                f"it cannot be decompressed ({self._name}): {reason}",
                file=self._file,
                cause="a download or copy that was cut short.",
                remedy="get the file again.",
            ) from error
        self._made += len(data)
        if self._made > max(_RATIO_MATTERS_FROM, _HIGHEST_RATIO * self._counted.read_so_far):
            raise InputError(
                f"the compressed file is refused: {self._counted.read_so_far:,} bytes of it ({self._name}) make more "
                f"than {self._made - len(data):,}, over {_HIGHEST_RATIO} times as many",
                file=self._file,
                cause="a file that is damaged or made to do harm.",
                remedy="if you trust it, decompress it yourself and give the result.",
            )
        return data

    def close(self) -> None:
        """End reading."""
        if not self.closed:
            self._stream.close()
        super().close()


class _Counted(ByteSource):
    """A stream that knows how much of it was read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.read_so_far = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.read_so_far += len(data)
        return data

    def next_bytes(self, size: int) -> bytes:
        return self.read(size)
