"""Sentence pairs that are too long for a model, cut into pairs of pieces that belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_SENTENCE_ENDS = frozenset(".!?…。！？؟।")

Span = tuple[int, int]
"""Where the tokens of a piece begin and end."""


def pair_pieces(source: Sequence[str], target: Sequence[str], limits: tuple[int, int]) -> Iterator[tuple[Span, Span]]:
    """The spans of the pieces of a pair, none of them empty; the pair as it is if it is short enough.

    A pair that is too long is cut in two, and each part again. If both sides have as many sentence ends, both are cut
    behind the same one, the one nearest to the middle of the source; otherwise each is cut before the word nearest to
    its middle. A part of which one side is empty is left out: it has no links.

    >>> pairs = pair_pieces([" One", ".", " Two", "."], [" Eins", ".", " Zwei", " !", "."], limits=(3, 3))
    >>> [*pairs]
    [((0, 2), (0, 2)), ((2, 4), (2, 5))]

    Args:
        source: symbol of each source token, without the end symbol.
        target: symbol of each target token, without the end symbol.
        limits: most source and target tokens of a piece, each at least 1.
    """
    waiting = [((0, len(source)), (0, len(target)))]
    while waiting:
        spans = waiting.pop()
        (first, last), (begin, end) = spans
        if last - first <= limits[0] and end - begin <= limits[1]:
            if last > first and end > begin:
                yield spans
            continue
        left, right = _cuts(source[first:last], target[begin:end])
        waiting.append(((first + left, last), (begin + right, end)))
        waiting.append(((first, first + left), (begin, begin + right)))


def _cuts(source: Sequence[str], target: Sequence[str]) -> tuple[int, int]:
    """The places before which both sides are cut."""
    ends = [[n + 1 for n, symbol in enumerate(side[:-1]) if _ends(symbol, side[n + 1])] for side in (source, target)]
    if ends[0] and len(ends[0]) == len(ends[1]):
        middle = min(range(len(ends[0])), key=lambda number: abs(ends[0][number] - len(source) / 2))
        return ends[0][middle], ends[1][middle]
    left, right = (_middle_word(side) for side in (source, target))
    return left, right


def _ends(symbol: str, after: str) -> bool:
    """Whether a sentence ends with a symbol."""
    last = symbol.strip()[-1:]
    return last in _SENTENCE_ENDS and last != "" and (not last.isascii() or after.startswith(" "))


def _middle_word(side: Sequence[str]) -> int:
    """The place of the word that begins nearest to the middle; the middle itself if no word begins inside. A side of
    one token is not cut, so that it stays with the first part."""
    if len(side) < 2:
        return len(side)
    starts = [place for place in range(1, len(side)) if side[place].startswith(" ")]
    return min(starts, key=lambda place: abs(place - len(side) / 2), default=len(side) // 2)
