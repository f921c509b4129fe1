"""TER, translation edit rate (Snover et al. 2006), as sacreBLEU computes it: case is ignored."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.ter import TER

from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.sentence_statistics import SentenceStatistics, sentence_statistics


def ter(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Edits for each 100 words of the reference, 0 upwards (it can pass 100); lower is better.

    Raises:
        InputError: if the counts differ or there is no sentence.
    """
    return ter_statistics(*checked_pairs(outputs, references)).corpus_score()


def ter_statistics(outputs: Sequence[str], references: Sequence[str]) -> SentenceStatistics:
    """Per sentence: edits, words of the reference (K = 2). Words are what stands between spaces."""
    return sentence_statistics(TER(), outputs, references)
