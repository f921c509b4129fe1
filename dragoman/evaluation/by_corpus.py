"""Quality by corpus: an average over several kinds of text hides which of them fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from dragoman.evaluation.sentence_statistics import SentenceStatistics


@dataclass(frozen=True, slots=True)
class CorpusScores:
    """The sentences of one corpus.

    Attributes:
        name: of the corpus.
        sentences: how many.
        bleu: corpus BLEU of these, 0 to 100.
        chrf: corpus chrF2++ of these, 0 to 100.
        exact_match: share of outputs equal to their reference, 0 to 1.
    """

    name: str
    sentences: int
    bleu: float
    chrf: float
    exact_match: float


def by_corpus(
    names: Sequence[str], bleu: SentenceStatistics, chrf: SentenceStatistics, equal: Bool[np.ndarray, " n"]
) -> list[CorpusScores]:
    """The scores of each corpus, in the order of first occurrence; ``names`` says where each sentence is from."""
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
