"""chrF2++ (Popović 2017): F-score with β = 2 over character n-grams to order 6 and word n-grams to order 2."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.chrf import CHRF

from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.sentence_statistics import SentenceStatistics, sentence_statistics


def chrf(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Corpus chrF2++, 0 to 100; higher is better.

    Raises:
        InputError: if the counts differ or there is no sentence.
    """
    return chrf_statistics(*checked_pairs(outputs, references)).corpus_score()


def chrf_statistics(outputs: Sequence[str], references: Sequence[str]) -> SentenceStatistics:
    """Per sentence and order (6 of characters, 2 of words): n-grams of output, of reference, matched (K = 24)."""
    return sentence_statistics(CHRF(word_order=2), outputs, references)
