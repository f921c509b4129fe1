"""Which stored examples count as the same, so that none is learnt from that a model is measured on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from jaxtyping import UInt64

from dragoman.data.examples import Examples
from dragoman.data.keys import match_hashes


def stored_keys(examples: Examples) -> UInt64[np.ndarray, " n"]:
    """64 bits for each example of a split, equal for those whose sources count as the same: texts that differ in case,
    white space and punctuation at their ends alone; pictures of the same pixels; rows of the same numbers and names.

    The key of what has no source of its own, the line of a language model and the line that is rendered, is its target.
    """
    if examples.has_source_texts:
        sources = examples.source_texts()
        return match_hashes(sources if any(sources) else examples.target_texts())
    rows = list(_contents(examples))
    rendered = [row for row, content in enumerate(rows) if content is None]
    keys = np.array([_key(content or b"") for content in rows], dtype=np.uint64)
    if rendered:
        places = np.array(rendered)
        keys[places] = match_hashes(examples.target_texts(places))
    return keys


def _contents(examples: Examples) -> Iterator[bytes | None]:
    """The bytes of each source, in which nothing but the source is written; None of a line that is rendered."""
    table = examples.stored
    columns = [table.column(name) for name in table.column_names if name.startswith("source_")]
    for cells in zip(*columns, strict=True):
        yield None if any(not cell.is_valid for cell in cells) else b"\0".join(map(_bytes, cells))


def _bytes(cell: pa.Scalar) -> bytes:
    value = cell.as_py()
    return value if isinstance(value, bytes) else np.array(value).tobytes()


def _key(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")
