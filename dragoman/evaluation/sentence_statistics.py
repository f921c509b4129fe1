"""The counts of a metric in each sentence.

BLEU, chrF and TER are functions of counts summed over the corpus. Counting once per sentence and summing over any
selection of sentences gives the score of the corpus, of a resample or of one length bin without counting again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from sacrebleu.metrics.base import Metric


@dataclass(frozen=True, slots=True)
class SentenceStatistics:
    """The counts of ``n`` sentences under one metric.

    >>> counts = np.array([[1.0, 1.0], [0.0, 1.0]])  # right or not, and 1, for two sentences
    >>> right = SentenceStatistics("Accuracy", "", counts, lambda sums: float(sums[0] / sums[1]))
    >>> right.corpus_score(), right.scores(np.array([[3.0, 4.0]]))
    (0.5, array([0.75]))

    Attributes:
        name: the metric's name, as sacreBLEU writes it.
        signature: sacreBLEU's signature, which names everything that the score depends on.
        counts: K numbers for each sentence.
        score: function from the K summed counts to the score.
    """

    name: str
    signature: str
    counts: Float[np.ndarray, "n K"]
    score: Callable[[Float[np.ndarray, " K"]], float]

    def corpus_score(self) -> float:
        """The score of all sentences together."""
        return self.score(self.counts.sum(axis=0))

    def scores(self, sums: Float[np.ndarray, "R K"]) -> Float[np.ndarray, " R"]:
        """The score of each row of summed counts."""
        return np.array([self.score(row) for row in sums])


def sentence_statistics(metric: Metric, outputs: Sequence[str], references: Sequence[str]) -> SentenceStatistics:
    """The counts of each sentence by a metric of sacreBLEU, with one reference for each output.

    sacreBLEU gives its counts per sentence only by two methods whose names begin with an underscore, which its own
    significance tests use as well. They are called nowhere else.
    """
    counts = np.array(metric._extract_corpus_statistics(outputs, [references]), dtype=np.float64)

    def score(sums: Float[np.ndarray, " K"]) -> float:
        return float(metric._compute_score_from_stats(sums.tolist()).score)

    name = str(metric._compute_score_from_stats(counts.sum(axis=0).tolist()).name)
    return SentenceStatistics(name, str(metric.get_signature()), counts, score)
