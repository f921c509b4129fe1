"""Quality by length of the reference: models often fail on long sentences first, and an average hides it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from dragoman.evaluation.sentence_statistics import SentenceStatistics

BINS = 5
SMALLEST_BIN = 30
"""Sentences below which a bin's scores would be noise."""


@dataclass(frozen=True, slots=True)
class LengthBin:
    """Sentences whose references are of similar length.

    Attributes:
        shortest: length of the shortest reference.
        longest: length of the longest reference.
        sentences: how many.
        bleu: corpus BLEU of these, 0 to 100.
        chrf: corpus chrF2++ of these, 0 to 100.
        exact_match: share of outputs equal to their reference, 0 to 1.
    """

    shortest: int
    longest: int
    sentences: int
    bleu: float
    chrf: float
    exact_match: float

    @property
    def span(self) -> str:
        """The lengths for people to read: ``9`` or ``10 to 11``."""
        return str(self.shortest) if self.shortest == self.longest else f"{self.shortest} to {self.longest}"


def reference_lengths(references: Sequence[str], *, spaced: bool) -> Int[np.ndarray, " n"]:
    """Words between spaces, or characters without white space where the language has no spaces."""
    if spaced:
        return np.array([len(reference.split()) for reference in references])
    return np.array([sum(map(len, reference.split())) for reference in references])


def length_groups(
    lengths: Int[np.ndarray, " n"], *, bins: int = BINS, smallest: int = SMALLEST_BIN
) -> list[Int[np.ndarray, " m"]]:
    """Row numbers of at most ``bins`` groups of about equal count, in order of length.

    Rows of one length are never parted. A group of fewer than ``smallest`` joins its neighbour, so one group of all
    rows may remain.
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
    """The scores of each group of :func:`length_groups`, from counts that were taken already."""
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
