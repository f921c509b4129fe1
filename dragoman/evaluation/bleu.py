"""BLEU (Papineni et al. 2002) as sacreBLEU computes it (Post 2018)."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU

from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.sentence_statistics import SentenceStatistics, sentence_statistics
from dragoman.evaluation.tokenization import bleu_tokenizer


def bleu(outputs: Sequence[str], references: Sequence[str], target_language: str) -> float:
    """Corpus BLEU of untokenised text, 0 to 100; higher is better.

    >>> round(bleu(["the cat sat on the mat"], ["the cat sat on a mat"], "en"), 1)
    53.7

    Raises:
        InputError: if the numbers of outputs and references differ, or there is none.
    """
    return bleu_statistics(*checked_pairs(outputs, references), target_language).corpus_score()


def bleu_statistics(outputs: Sequence[str], references: Sequence[str], target_language: str) -> SentenceStatistics:
    """The counts of each sentence: length of output and reference, then matched and all n-grams of orders 1 to 4 (K =
    10).

    >>> counted = bleu_statistics(["the cat sat on the mat"], ["the cat sat on a mat"], "en")
    >>> counted.counts.astype(int).tolist()
    [[6, 6, 5, 3, 2, 1, 6, 5, 4, 3]]
    """
    # `force` only silences a warning about text that looks tokenised; it changes no value.
    metric = BLEU(tokenize=bleu_tokenizer(target_language).name, force=True)
    return sentence_statistics(metric, outputs, references)
