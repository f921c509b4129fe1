"""Quality by corpus: an average over several kinds of text hides which of them fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from dragoman.evaluation.sentence_statistics import SentenceStatistics


@dataclass(frozen=True, slots=True)
class CorpusScores:
    """The scores of one corpus.

    Attributes:
        name: name of the corpus.
        sentences: number of its sentences.
        bleu: corpus BLEU of its sentences, 0 to 100.
        chrf: corpus chrF2++ of its sentences, 0 to 100.
        exact_match: share of its outputs that equal their reference, 0 to 1.
    """

    name: str
    sentences: int
    bleu: float
    chrf: float
    exact_match: float


def by_corpus(
    names: Sequence[str], bleu: SentenceStatistics, chrf: SentenceStatistics, equal: Bool[np.ndarray, " n"]
) -> list[CorpusScores]:
    """The scores of each corpus, in the order of first occurrence.

    >>> from dragoman.evaluation.bleu import bleu_statistics
    >>> from dragoman.evaluation.chrf import chrf_statistics
    >>> outputs, references = ["a b c d", "a b"], ["a b c d", "x y"]
    >>> counts = bleu_statistics(outputs, references, "en"), chrf_statistics(outputs, references)
    >>> for scores in by_corpus(["news", "talks"], *counts, np.array([True, False])):
    ...     print(scores.name, scores.sentences, round(scores.bleu), round(scores.chrf), scores.exact_match)
    news 1 100 100 1.0
    talks 1 0 0 0.0

    Args:
        names: the name of each sentence's corpus.
        bleu: the sentences' counts for BLEU.
        chrf: the sentences' counts for chrF2++.
        equal: whether each output equals its reference.
    """
    of_row = np.array(names)
    rows_of = {name: np.flatnonzero(of_row == name) for name in dict.fromkeys(names)}
    return [
        CorpusScores(
            name,
            len(rows),
            bleu.score(bleu.counts[rows].sum(axis=0)),
            chrf.score(chrf.counts[rows].sum(axis=0)),
            float(equal[rows].mean()),
        )
        for name, rows in rows_of.items()
    ]
