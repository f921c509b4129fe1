"""Many texts in one buffer, which native code and Arrow can use without a copy."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from jaxtyping import Int, Int64, UInt8

from dragoman.native.library import load


class _Lines(ctypes.Structure):
    _fields_ = (("bytes", ctypes.c_void_p), ("offsets", ctypes.c_void_p), ("gap", ctypes.c_int64))


@dataclass(frozen=True, slots=True, eq=False)
class Lines(Sequence[str]):
    """Texts one after the other in UTF-8, which are also a sequence of Python strings.

    >>> lines = Lines.of(["ein Haus", "", "zwei"])
    >>> lines.sizes.tolist(), lines[0], list(lines.select(np.array([2, 0])))
    ([8, 0, 4], 'ein Haus', ['zwei', 'ein Haus'])

    Attributes:
        content: the bytes of all texts.
        offsets: index of each text's first byte, and the end of the last text plus ``gap``.
        gap: number of bytes between two texts: 1 in a file, 0 in an Arrow column.
    """

    content: UInt8[np.ndarray, " b"]
    offsets: Int64[np.ndarray, " n1"]
    gap: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> Lines:
        """The lines of any texts; lone surrogates are kept."""
        if isinstance(texts, Lines):
            return texts
        content = "\n".join(texts).encode("utf-8", "surrogatepass")
        data = np.frombuffer(content, dtype=np.uint8)
        breaks = np.flatnonzero(data == ord("\n"))
        if len(breaks) == max(len(texts) - 1, 0):
            inner = breaks + 1
        else:
            inner = np.cumsum([len(text.encode("utf-8", "surrogatepass")) + 1 for text in texts])[:-1]
        offsets = np.concatenate([[0], inner, [len(content) + 1]]) if len(texts) else np.zeros(1)
        return cls(data, offsets.astype(np.int64), 1)

    @classmethod
    def of_raw(cls, raw: Sequence[bytes]) -> Lines:
        """The lines of a file, each with the line feed that ends it, which the last may lack."""
        content = b"".join(raw)
        offsets = np.zeros(len(raw) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, raw), dtype=np.int64, count=len(raw)), out=offsets[1:])
        offsets[-1] += bool(raw) and not raw[-1].endswith(b"\n")
        return cls(np.frombuffer(content, dtype=np.uint8), offsets, 1)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return list(self)[row]
        place = range(len(self))[row]
        begin, end = int(self.offsets[place]), int(self.offsets[place + 1]) - self.gap
        return self.content[begin:end].tobytes().decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        if not len(self):
            return iter(())
        first, behind = int(self.offsets[0]), int(self.offsets[-1]) - self.gap
        content = self.content[first:behind]
        text = content.tobytes().decode("utf-8", "surrogatepass")
        if self.gap and len(whole := text.split("\n")) == len(self):
            return iter(whole)
        ends = self.offsets - first
        if len(text) < len(content):
            # The number of characters that begin before each byte.
            begun = np.zeros(len(content) + self.gap + 1, dtype=np.int64)
            np.cumsum((content & 0xC0) != 0x80, out=begun[1 : len(content) + 1])
            begun[len(content) + 1 :] = begun[len(content)] + 1
            ends = begun[ends]
        gap = self.gap
        return iter([text[begin : end - gap] for begin, end in itertools.pairwise(ends.tolist())])

    @property
    def sizes(self) -> Int64[np.ndarray, " n"]:
        """The number of bytes of each text."""
        return np.diff(self.offsets) - self.gap

    def select(self, rows: Int[np.ndarray, " r"]) -> Lines:
        """The texts ``rows``, in that order, with nothing between them."""
        return _gathered(self, self, np.asarray(rows, dtype=np.int64))

    def replaced(self, rows: Int[np.ndarray, " r"], others: Sequence[str]) -> Lines:
        """All texts, with ``others`` in the place of rows ``rows``, and nothing between them."""
        picks = np.arange(len(self))
        picks[rows] = ~np.arange(len(rows))
        return _gathered(self, Lines.of(others), picks)

    def closed(self) -> Lines:
        """The same texts with nothing before, between and behind them, as in an Arrow column."""
        return self if not self.gap and not self.offsets[0] else self.select(np.arange(len(self)))

    def pointer(self) -> Any:
        """The address of a ``Lines`` of ``text_characters.h`` for native code, valid as long as this object exists."""
        return ctypes.byref(_Lines(self.content.ctypes.data, self.offsets.ctypes.data, self.gap))


def _gathered(first: Lines, second: Lines, picks: Int64[np.ndarray, " r"]) -> Lines:
    """Rows of two columns: an entry of ``picks`` is a row of the first, or the complement of a row of the second."""
    of_second = picks < 0
    sizes = np.empty(len(picks), dtype=np.int64)
    sizes[of_second] = second.sizes[~picks[of_second]]
    sizes[~of_second] = first.sizes[picks[~of_second]]
    offsets = np.zeros(len(picks) + 1, dtype=np.int64)
    np.cumsum(sizes, out=offsets[1:])
    library = load("text")
    if library is None:
        begins = np.empty(len(picks), dtype=np.int64)
        begins[of_second] = second.offsets[~picks[of_second]]
        begins[~of_second] = first.offsets[picks[~of_second]]
        columns = (first.content.tobytes(), second.content.tobytes())
        places = zip(of_second.tolist(), begins.tolist(), sizes.tolist(), strict=True)
        joined = b"".join(columns[which][begin : begin + size] for which, begin, size in places)
        return Lines(np.frombuffer(joined, dtype=np.uint8), offsets, 0)
    content = np.empty(int(offsets[-1]), dtype=np.uint8)
    library.dragoman_gather_lines(
        first.pointer(),
        second.pointer(),
        ctypes.c_void_p(picks.ctypes.data),
        ctypes.c_int64(len(picks)),
        ctypes.c_void_p(content.ctypes.data),
    )
    return Lines(content, offsets, 0)
