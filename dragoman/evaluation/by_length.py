"""Quality by length of the reference: models often fail on long sentences first, which an average hides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from dragoman.evaluation.sentence_statistics import SentenceStatistics

BINS = 5
SMALLEST_BIN = 30
"""The fewest sentences of a bin; the scores of fewer would be noise."""


@dataclass(frozen=True, slots=True)
class LengthBin:
    """Sentences whose references are of similar length.

    Attributes:
        shortest: length of the shortest reference.
        longest: length of the longest reference.
        sentences: number of sentences.
        bleu: corpus BLEU of these sentences, 0 to 100.
        chrf: corpus chrF2++ of these sentences, 0 to 100.
        exact_match: share of these outputs that equal their reference, 0 to 1.
    """

    shortest: int
    longest: int
    sentences: int
    bleu: float
    chrf: float
    exact_match: float

    @property
    def span(self) -> str:
        """The lengths as text: ``9`` or ``10 to 11``."""
        return str(self.shortest) if self.shortest == self.longest else f"{self.shortest} to {self.longest}"


def reference_lengths(references: Sequence[str], *, spaced: bool) -> Int[np.ndarray, " n"]:
    """The number of words of each reference, or of characters where the language does not separate words by spaces.

    >>> reference_lengths(["a good day", "yes"], spaced=True), reference_lengths(["今日は"], spaced=False)
    (array([3, 1]), array([3]))
    """
    if spaced:
        return np.array([len(reference.split()) for reference in references])
    return np.array([sum(map(len, reference.split())) for reference in references])


def length_groups(
    lengths: Int[np.ndarray, " n"], *, bins: int = BINS, smallest: int = SMALLEST_BIN
) -> list[Int[np.ndarray, " m"]]:
    """The row numbers of at most ``bins`` groups of about equal size, in order of length.

    Rows of one length stay together. A group of fewer than ``smallest`` rows joins its neighbour, so one group of all
    rows may remain.

    >>> length_groups(np.array([3, 9, 3, 8]), bins=2, smallest=1)
    [array([0, 2, 3]), array([1])]
    """
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, bins + 1)[1:-1], method="higher"))
    membership = np.searchsorted(edges, lengths, side="left")
    groups: list[Int[np.ndarray, " m"]] = []
    for number in range(len(edges) + 1):
        rows = np.flatnonzero(membership == number)
        if len(rows) == 0:
            continue
        if groups and min(len(rows), len(groups[-1])) < smallest:
            groups[-1] = np.sort(np.concatenate([groups[-1], rows]))
        else:
            groups.append(rows)
    return groups


def by_length(
    lengths: Int[np.ndarray, " n"],
    bleu: SentenceStatistics,
    chrf: SentenceStatistics,
    equal: Bool[np.ndarray, " n"],
    *,
    bins: int = BINS,
    smallest: int = SMALLEST_BIN,
) -> list[LengthBin]:
    """The scores of each group of :func:`length_groups`.

    >>> from dragoman.evaluation.bleu import bleu_statistics
    >>> from dragoman.evaluation.chrf import chrf_statistics
    >>> outputs, references = ["a", "b", "c", "a b c f", "a b"], ["a", "b", "c", "a b c d", "a b c d"]
    >>> counts = bleu_statistics(outputs, references, "en"), chrf_statistics(outputs, references)
    >>> equal, lengths = np.array([True, True, True, False, False]), reference_lengths(references, spaced=True)
    >>> [(part.span, round(part.chrf)) for part in by_length(lengths, *counts, equal, bins=2, smallest=1)]
    [('1', 100), ('4', 44)]

    Args:
        lengths: the length of each reference.
        bleu: the sentences' counts for BLEU.
        chrf: the sentences' counts for chrF2++.
        equal: whether each output equals its reference.
        bins: the largest number of groups.
        smallest: the fewest sentences of a group.
    """
    return [
        LengthBin(
            shortest=int(lengths[rows].min()),
            longest=int(lengths[rows].max()),
            sentences=len(rows),
            bleu=bleu.score(bleu.counts[rows].sum(axis=0)),
            chrf=chrf.score(chrf.counts[rows].sum(axis=0)),
            exact_match=float(equal[rows].mean()),
        )
        for rows in length_groups(lengths, bins=bins, smallest=smallest)
    ]
