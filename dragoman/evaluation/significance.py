"""Tests whether the difference between two sets of translations is significant: the paired bootstrap (Koehn 2004).

Both are scored on the same resamples, so what makes a sentence easy or hard for both cancels out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from dragoman.evaluation.bleu import bleu_statistics
from dragoman.evaluation.chrf import chrf_statistics
from dragoman.evaluation.confidence import RESAMPLES, SEED, percentile_interval, resampled_sums
from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.evaluation.ter import ter_statistics
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two scores on the same sentences: the second less the first.

    Attributes:
        metric: the metric's name, as sacreBLEU writes it.
        first: score of the first set.
        second: score of the second set.
        difference: ``second - first``.
        low: lower end of the 95 % percentile interval of the difference.
        high: upper end of the 95 % percentile interval of the difference.
        p_value: two-sided p-value, 1 / (resamples + 1) to 1: the probability that chance alone gives a difference at
            least as large.
        signature: sacreBLEU's signature of both scores.
        resamples: number of bootstrap resamples.
        seed: seed of the draws.
    """

    metric: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    p_value: float
    signature: str
    resamples: int
    seed: int

    def to_dict(self) -> JsonObject:
        """The difference as values for JSON."""
        return asdict(self)


def paired_bootstrap(
    first: SentenceStatistics, second: SentenceStatistics, *, resamples: int = RESAMPLES, seed: int = SEED
) -> Difference:
    """Test the difference of two systems on the same n sentences under the same metric.

    The resampled differences, shifted so that their mean is zero, approximate the differences that chance alone would
    give (Riezler & Maxwell 2005). If k of B of them are at least as large as the observed one, p = (k + 1) / (B + 1),
    which is never smaller than B resamples can show.

    >>> from dragoman.evaluation.chrf import chrf_statistics
    >>> references = ["a cat", "the dog", "one bird"] * 10
    >>> worse, better = ["a hat", "a dog", "two birds"] * 10, ["a cat", "a dog", "one bird"] * 10
    >>> test = paired_bootstrap(chrf_statistics(worse, references), chrf_statistics(better, references))
    >>> round(test.difference, 1), test.p_value < 0.01
    (51.6, True)
    """
    width = first.counts.shape[1]
    sums = resampled_sums(np.concatenate([first.counts, second.counts], axis=1), resamples=resamples, seed=seed)
    resampled = second.scores(sums[:, width:]) - first.scores(sums[:, :width])
    one, two = first.corpus_score(), second.corpus_score()
    # A small tolerance, so that rounding cannot separate values that are equal.
    as_large = np.abs(resampled - resampled.mean()) >= abs(two - one) - 1e-9
    low, high = percentile_interval(resampled)
    p_value = (int(as_large.sum()) + 1) / (resamples + 1)
    return Difference(first.name, one, two, two - one, low, high, p_value, first.signature, resamples, seed)


def compare_translations(
    first: Sequence[str],
    second: Sequence[str],
    references: Sequence[str],
    *,
    target_language: str,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> list[Difference]:
    """The differences of two sets of translations in BLEU, chrF2++ and TER, in this order.

    >>> first, second, references = ["a hat sat"] * 5, ["a cat sat"] * 5, ["a cat sat down"] * 5
    >>> for test in compare_translations(first, second, references, target_language="en"):
    ...     print(test.metric, round(test.difference, 1))
    BLEU 0.0
    chrF2++ 31.8
    TER -25.0

    Raises:
        InputError: if the numbers of outputs and references differ, or there is none.
    """
    one, right = checked_pairs(first, references)
    two, _ = checked_pairs(second, references)
    pairs = (
        (bleu_statistics(one, right, target_language), bleu_statistics(two, right, target_language)),
        (chrf_statistics(one, right), chrf_statistics(two, right)),
        (ter_statistics(one, right), ter_statistics(two, right)),
    )
    return [paired_bootstrap(a, b, resamples=resamples, seed=seed) for a, b in pairs]
