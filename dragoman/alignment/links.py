"""Links between the words of a sentence and of its translation: how they are written, joined and compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Link = tuple[int, int]
"""The place of a source word and of a target word that belong together, each counted from 0."""


def pharaoh(links: Iterable[Link]) -> str:
    """Links in Pharaoh format: ``i-j`` for source word i and target word j, from 0, ordered by source word.

    >>> pharaoh({(1, 0), (0, 2), (0, 1)})
    '0-1 0-2 1-0'
    """
    return " ".join(f"{source}-{target}" for source, target in sorted(links))


def intersection(forward: Iterable[Link], backward: Iterable[Link]) -> set[Link]:
    """The links that both directions have."""
    return {*forward}.intersection(backward)


def grow_diagonal(forward: Iterable[Link], backward: Iterable[Link]) -> set[Link]:
    """The symmetrisation grow-diag-final-and (Koehn et al. 2005): the links of both directions; then, again and again,
    links of one direction that lie beside one that was taken, if they give a word its first; then links of one
    direction between two words that have none.

    >>> sorted(grow_diagonal([(0, 0), (1, 1), (1, 2)], [(0, 0), (1, 1), (3, 3)]))
    [(0, 0), (1, 1), (1, 2), (3, 3)]

    Args:
        forward: links of an alignment of each target word to a source word.
        backward: links of an alignment of each source word to a target word.
    """
    one, other = {*forward}, {*backward}
    union, found = one | other, one & other
    sources, targets = {source for source, _ in found}, {target for _, target in found}

    def take(link: Link) -> None:
        found.add(link)
        sources.add(link[0])
        targets.add(link[1])

    grown = True
    while grown:
        grown = False
        for source, target in sorted(found):
            for down, right in _NEIGHBOURS:
                link = source + down, target + right
                if link in union and link not in found and not (link[0] in sources and link[1] in targets):
                    take(link)
                    grown = True
    for direction in (one, other):
        for link in sorted(direction):
            if link[0] not in sources and link[1] not in targets:
                take(link)
    return found


_NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True, slots=True)
class LinkScores:
    """How well links agree with links that are known (Och & Ney 2003, section 5).

    Attributes:
        found: number of links that were found.
        sure: number of links that must be found.
        found_sure: number of found links that must be.
        found_possible: number of found links that may be.
    """

    found: int
    sure: int
    found_sure: int
    found_possible: int

    @property
    def precision(self) -> float:
        """The share of the found links that may be; 1 if nothing was found."""
        return self.found_possible / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of the links that must be found that were found; 1 if there are none."""
        return self.found_sure / self.sure if self.sure else 1.0

    @property
    def error_rate(self) -> float:
        """The alignment error rate, from 0, the best, to 1: AER = 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|)."""
        total = self.found + self.sure
        return 1 - (self.found_sure + self.found_possible) / total if total else 0.0

    @property
    def f1(self) -> float:
        """The agreement of two sets of links, if none is merely possible: the harmonic mean of precision and recall."""
        return 1 - self.error_rate


def link_scores(
    found: Sequence[Iterable[Link]],
    sure: Sequence[Iterable[Link]],
    possible: Sequence[Iterable[Link]] | None = None,
) -> LinkScores:
    """How well the links of several sentences agree with known ones, counted over all sentences together.

    >>> scores = link_scores([[(0, 0), (1, 2)]], sure=[[(0, 0), (1, 1)]])
    >>> scores.precision, scores.recall, scores.error_rate
    (0.5, 0.5, 0.5)

    Args:
        found: links of each sentence.
        sure: links that must be found.
        possible: links that may be found beside the sure ones.

    Raises:
        ValueError: if the numbers of sentences differ.
    """
    counts = [0, 0, 0, 0]
    more: Sequence[Iterable[Link]] = possible if possible is not None else [()] * len(sure)
    for links, must, may in zip(found, sure, more, strict=True):
        ours, theirs = {*links}, {*must}
        allowed = theirs.union(may)
        for place, number in enumerate((len(ours), len(theirs), len(ours & theirs), len(ours & allowed))):
            counts[place] += number
    return LinkScores(*counts)
