"""The links between the words of a source and of a target."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.alignment.links import Link, pharaoh
from dragoman.reports.shown import Shown, Summary


@dataclass(frozen=True, slots=True, repr=False)
class WordAlignment(Shown):
    """Which words of a source and of a target belong together, as a model sees it.

    >>> alignment = WordAlignment(["the", "house"], ["das", "Haus"], [(0, 0), (1, 1)])
    >>> alignment.pharaoh, alignment.words
    ('0-0 1-1', [('the', 'das'), ('house', 'Haus')])

    Attributes:
        source: the words of the source, which white space stands between.
        target: the words of the target.
        links: pairs of the number of a source word and of a target word, from 0, in order.
    """

    source: list[str]
    target: list[str]
    links: list[Link]

    @property
    def pharaoh(self) -> str:
        """The links in Pharaoh format, such as ``0-0 1-2``."""
        return pharaoh(self.links)

    @property
    def words(self) -> list[tuple[str, str]]:
        """The linked words themselves."""
        return [(self.source[source], self.target[target]) for source, target in self.links]

    def summary(self) -> Summary:
        """The linked words."""
        return Summary(", ".join(f"{source} – {target}" for source, target in self.words) or "no links")
