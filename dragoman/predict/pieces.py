"""Cutting lines that are too long for a model into pieces, where a reader would pause."""

from __future__ import annotations

from collections.abc import Sequence

_SENTENCE_ENDS = frozenset(".!?…。！？؟।")
_LEAST_SHARE = 0.5
_ENOUGH = 48
"""Number of ids after which a piece ends with its sentence: models learn from sentences and translate far longer text
badly."""
MOST = 128
"""Most ids of a piece, wherever a line has to be cut at all."""


def cut(ids: Sequence[int], symbols: Sequence[str], limit: int) -> list[list[int]]:
    """Cut ``ids`` into pieces of at most ``limit``, none of them empty unless ``ids`` is.

    Each cut falls after the first end of a sentence behind half of ``limit``, or behind 48 ids if that is less;
    otherwise before the last word that fits; otherwise at ``limit``.

    Args:
        ids: ids of a line.
        symbols: text of each id.
        limit: most ids of a piece, at least 1.

    >>> symbols = ["One", " word", ".", " Two", " words", "."]
    >>> cut(range(6), symbols, limit=4)
    [[0, 1, 2], [3, 4, 5]]
    """
    pieces, begin = [], 0
    while len(ids) - begin > limit:
        end = _best_end(ids, symbols, begin, begin + limit)
        pieces.append(list(ids[begin:end]))
        begin = end
    return [*pieces, list(ids[begin:])]


def _best_end(ids: Sequence[int], symbols: Sequence[str], begin: int, end: int) -> int:
    earliest = begin + max(int((end - begin) * _LEAST_SHARE), 1)
    for place in range(min(earliest, begin + _ENOUGH), end + 1):
        last = symbols[ids[place - 1]].strip()
        if last and last[-1] in _SENTENCE_ENDS and (not last.isascii() or symbols[ids[place]].startswith(" ")):
            return place
    for place in range(end, earliest - 1, -1):
        if symbols[ids[place]].startswith(" "):
            return place
    return end
