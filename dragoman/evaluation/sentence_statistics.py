"""What a metric counts in each sentence.

BLEU, chrF and TER are functions of counts summed over the corpus. Counting once per sentence and summing over any
choice of sentences gives the score of the whole, of a resample or of one length bin without counting again.
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

    Attributes:
        name: the metric, as sacreBLEU writes it.
        signature: sacreBLEU's signature: what the score depends on.
        counts: one row for each sentence, K numbers each.
        score: from the K summed counts to the score.
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
    """Count once with a metric of sacreBLEU, one reference for each output.

    sacreBLEU offers its per-sentence counts under names with an underscore only; its own significance tests use the
    same two. They are called nowhere else.
    """
    counts = np.array(metric._extract_corpus_statistics(outputs, [references]), dtype=np.float64)

    def score(sums: Float[np.ndarray, " K"]) -> float:
        return float(metric._compute_score_from_stats(sums.tolist()).score)

    name = str(metric._compute_score_from_stats(counts.sum(axis=0).tolist()).name)
    return SentenceStatistics(name, str(metric.get_signature()), counts, score)
