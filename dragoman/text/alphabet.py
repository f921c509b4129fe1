"""Which characters of a corpus get a symbol of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

CODE_POINTS = 0x110000
_CHUNK = 10_000


def count_characters(texts: Sequence[str]) -> Int[np.ndarray, " 1114112"]:
    """How often each Unicode code point occurs in ``texts``.

    Raises:
        UnicodeEncodeError: if a text has a lone surrogate.
    """
    counts = np.zeros(CODE_POINTS, dtype=np.int64)
    for begin in range(0, len(texts), _CHUNK):
        codes = np.frombuffer("".join(texts[begin : begin + _CHUNK]).encode("utf-32-le"), dtype=np.uint32)
        part = np.bincount(codes)
        counts[: len(part)] += part
    return counts


def frequent_characters(counts: Int[np.ndarray, " 1114112"], *, most: int, min_count: int) -> list[str]:
    """At most ``most`` characters that occur ``min_count`` times or more; of equally frequent ones the lower code point
    comes first, so that the choice never depends on chance."""
    ranked = np.argsort(-counts, kind="stable")[:most]
    return [chr(code) for code in ranked[counts[ranked] >= min_count].tolist()]
