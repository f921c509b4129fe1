"""Lines longer than a model takes, cut into pieces where a reader would pause."""

from __future__ import annotations

from collections.abc import Sequence

_SENTENCE_ENDS = frozenset(".!?…。！？؟।")
_LEAST_SHARE = 0.5
_ENOUGH = 48
"""Ids after which a piece ends with its sentence: models learn from sentences, and lose much of what is far longer."""
MOST = 128
"""Ids of a piece at most, wherever a line has to be cut at all."""


def cut(ids: Sequence[int], symbols: Sequence[str], limit: int) -> list[list[int]]:
    """``ids`` as pieces of at most ``limit``, none empty unless all is.

    Each cut falls after the first end of a sentence behind half of what fits, or 48 ids if that is less, else before
    the last word that fits, else where the room ends.

    Args:
        ids: of a line.
        symbols: the text of each id.
        limit: ids in a piece, at least 1.
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
