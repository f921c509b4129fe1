"""Links of sentence pairs by IBM Model 1 in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dragoman.alignment.ibm_model_1 import NULL, TranslationTable, best_links, ibm_model_1
from dragoman.alignment.links import Link, grow_diagonal

Rows = Sequence[Sequence[int]]
"""The ids of each sentence."""

_CELLS = 1 << 21
"""Pairs of a source and a target symbol that are looked up together."""


class LinkModel:
    """IBM Model 1 in both directions, whose links are joined by grow-diag-final-and.

    >>> model = LinkModel.learn([[7, 8], [7]], [[5, 6], [5]])
    >>> model.links([[8, 7]], [[5, 6]])
    [[(0, 1), (1, 0)]]

    Args:
        forward: translation probabilities from source to target.
        backward: translation probabilities from target to source.
    """

    def __init__(self, forward: TranslationTable, backward: TranslationTable) -> None:
        self._forward = forward
        self._backward = backward

    @classmethod
    def learn(cls, sources: Rows, targets: Rows, *, rounds: int = 5) -> LinkModel:
        """Learn both directions from sentence pairs.

        Args:
            sources: ids of the symbols of each source sentence.
            targets: ids of the symbols of each target sentence.
            rounds: number of rounds of expectation maximisation.
        """
        return cls(ibm_model_1(sources, targets, rounds=rounds), ibm_model_1(targets, sources, rounds=rounds))

    def links(self, sources: Rows, targets: Rows) -> list[list[Link]]:
        """The links of each pair, in order of the source; those of a pair do not depend on the other pairs."""
        return [
            sorted(grow_diagonal(forward, backward))
            for forward, backward in zip(
                self.forward_links(sources, targets), self._backward_links(sources, targets), strict=True
            )
        ]

    def forward_links(self, sources: Rows, targets: Rows) -> list[list[Link]]:
        """The links of each target symbol to the source symbol that it most probably translates."""
        found: list[list[Link]] = []
        for begin, end in _chunks(sources, targets):
            best = best_links(self._forward, sources[begin:end], targets[begin:end])
            found += [[(source, place) for place, source in enumerate(row) if source != NULL] for row in best]
        return found

    def _backward_links(self, sources: Rows, targets: Rows) -> list[list[Link]]:
        found: list[list[Link]] = []
        for begin, end in _chunks(sources, targets):
            best = best_links(self._backward, targets[begin:end], sources[begin:end])
            found += [[(place, target) for place, target in enumerate(row) if target != NULL] for row in best]
        return found


def _chunks(sources: Rows, targets: Rows) -> Iterator[tuple[int, int]]:
    """Ranges of pairs that are small enough to be looked up together."""
    begin = cells = 0
    for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
        more = (len(source) + 1) * (len(target) + 1)
        if cells and cells + more > _CELLS:
            yield begin, row
            begin, cells = row, 0
        cells += more
    if begin < len(sources):
        yield begin, len(sources)
