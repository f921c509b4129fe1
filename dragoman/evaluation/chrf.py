"""chrF2++ (Popović 2017): F-score with β = 2 over character n-grams to order 6 and word n-grams to order 2."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.chrf import CHRF

from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.sentence_statistics import SentenceStatistics, sentence_statistics


def chrf(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Corpus chrF2++, 0 to 100; higher is better.

    >>> round(chrf(["the cat sat on the mat"], ["the cat sat on a mat"]), 1)
    72.0

    Raises:
        InputError: if the numbers of outputs and references differ, or there is none.
    """
    return chrf_statistics(*checked_pairs(outputs, references)).corpus_score()


def chrf_statistics(outputs: Sequence[str], references: Sequence[str]) -> SentenceStatistics:
    """The n-grams of output, of reference and matched, per sentence and order: 6 of characters, 2 of words (K = 24).

    >>> chrf_statistics(["the cat"], ["a cat"]).counts.shape
    (1, 24)
    """
    return sentence_statistics(CHRF(word_order=2), outputs, references)
