"""BLEU (Papineni et al. 2002) as sacreBLEU computes it (Post 2018)."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU

from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.sentence_statistics import SentenceStatistics, sentence_statistics
from dragoman.evaluation.tokenization import bleu_tokenizer


def bleu(outputs: Sequence[str], references: Sequence[str], target_language: str) -> float:
    """Corpus BLEU of untokenised text, 0 to 100; higher is better.

    Raises:
        InputError: if the counts differ or there is no sentence.
    """
    return bleu_statistics(*checked_pairs(outputs, references), target_language).corpus_score()


def bleu_statistics(outputs: Sequence[str], references: Sequence[str], target_language: str) -> SentenceStatistics:
    """Per sentence: output length, reference length, then matched and all n-grams of orders 1 to 4 (K = 10)."""
    # `force` only silences a warning about text that looks tokenised; it changes no value.
    metric = BLEU(tokenize=bleu_tokenizer(target_language).name, force=True)
    return sentence_statistics(metric, outputs, references)
