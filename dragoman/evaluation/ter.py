"""TER, translation edit rate (Snover et al. 2006), as sacreBLEU computes it: case is ignored."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.ter import TER

from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.sentence_statistics import SentenceStatistics, sentence_statistics


def ter(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Edits for each 100 words of the reference, from 0 up (it can exceed 100); lower is better.

    >>> round(ter(["the cat sat on a mat"], ["the cat sat on the mat"]), 1)
    16.7

    Raises:
        InputError: if the numbers of outputs and references differ, or there is none.
    """
    return ter_statistics(*checked_pairs(outputs, references)).corpus_score()


def ter_statistics(outputs: Sequence[str], references: Sequence[str]) -> SentenceStatistics:
    """The counts of each sentence: edits, and words of the reference (K = 2), which are separated by spaces.

    >>> ter_statistics(["the cat sat on a mat"], ["the cat sat on the mat"]).counts.tolist()
    [[1.0, 6.0]]
    """
    return sentence_statistics(TER(), outputs, references)
