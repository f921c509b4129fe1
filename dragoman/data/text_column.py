"""Texts to Arrow columns and back, without a copy of the bytes where nothing stands between them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dragoman.native.lines import Lines


def text_column(texts: Lines) -> pa.LargeStringArray:
    """A column of texts.

    Raises:
        pyarrow.ArrowInvalid: if one has a lone surrogate, which readers of corpora let through nowhere.
    """
    closed = texts.closed()
    buffers = (pa.py_buffer(closed.offsets), pa.py_buffer(closed.content))
    column = pa.LargeStringArray.from_buffers(len(closed), *buffers)
    column.validate(full=True)
    return column


def lines_of_column(column: pa.LargeStringArray) -> Lines:
    """The texts of a column in which none is missing."""
    _, offsets, content = column.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
    return Lines(np.frombuffer(content or b"", dtype=np.uint8), ends, 0)
