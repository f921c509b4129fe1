"""Utilities: how well each of a few texts would do as a translation, if each of them in turn were the reference.

The n-grams of each text are counted once, and not once for each pair. The values are those of sacreBLEU for each pair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from dragoman.contracts import Utility
from dragoman.evaluation.tokenization import bleu_tokenizer

_CHARACTERS, _WORDS, _WORDS_OF_BLEU = 6, 2, 4
_BETA = 2.0


def utilities(texts: Sequence[str], utility: Utility, target_language: str) -> Float[np.ndarray, "n n"]:
    """The utility of each text (row) if each text (column) were the reference.

    >>> utilities(["the cat sat", "a cat sat"], Utility.CHRF, "en").round(1)
    array([[100. ,  65.3],
           [ 55. , 100. ]])

    Args:
        texts: the texts.
        utility: the measure.
        target_language: language of the texts, by which BLEU chooses its tokenizer.
    """
    return _MEASURES[utility](texts, target_language)


def _chrf(texts: Sequence[str], target_language: str) -> Float[np.ndarray, "n n"]:
    """chrF2++ of sentences: F₂ of the mean precision and recall over the orders that both texts have."""
    del target_language
    words = CHRF(word_order=_WORDS)
    of_characters = [["".join(text.split())] for text in texts]
    of_words = [words._remove_punctuation(text) for text in texts]
    precision, recall, orders = (np.zeros((len(texts), len(texts))) for _ in range(3))
    for order in range(1, _CHARACTERS + _WORDS + 1):
        if order <= _CHARACTERS:
            counts = [_ngrams(line, order) for (line,) in of_characters]
        else:
            counts = [_ngrams(tuple(line), order - _CHARACTERS) for line in of_words]
        matched, totals = _matched(counts)
        both = (totals[:, None] > 0) & (totals[None, :] > 0)
        precision += np.divide(matched, totals[:, None], out=np.zeros_like(matched), where=both)
        recall += np.divide(matched, totals[None, :], out=np.zeros_like(matched), where=both)
        orders += both
    precision /= np.maximum(orders, 1)
    recall /= np.maximum(orders, 1)
    denominator = _BETA**2 * precision + recall
    product = 100 * (1 + _BETA**2) * precision * recall
    return np.divide(product, denominator, out=np.zeros_like(product), where=denominator > 0)


def _bleu(texts: Sequence[str], target_language: str) -> Float[np.ndarray, "n n"]:
    """BLEU of sentences with exponential smoothing, over the orders that the output has."""
    # `force` only silences a warning about text that looks tokenised; it changes no value.
    tokenized = BLEU(tokenize=bleu_tokenizer(target_language).name, force=True)
    words = [tuple(tokenized._preprocess_segment(text).split()) for text in texts]
    lengths = np.array([len(line) for line in words], dtype=np.float64)
    logs, orders = np.zeros((len(texts), len(texts))), np.zeros(len(texts))
    smoothing = np.ones((len(texts), len(texts)))
    for order in range(1, _WORDS_OF_BLEU + 1):
        matched, totals = _matched([_ngrams(line, order) for line in words])
        if order == 1:
            any_matched = matched > 0
        smoothing = np.where(matched == 0, 2 * smoothing, smoothing)
        shown = np.where(matched == 0, 1 / smoothing, matched)
        counted = totals > 0
        logs += np.where(counted[:, None], np.log(shown / np.maximum(totals, 1)[:, None]), 0.0)
        orders += counted
    shorter = lengths[:, None] < lengths[None, :]
    ratio = np.divide(lengths[None, :], lengths[:, None], out=np.ones_like(logs), where=lengths[:, None] > 0)
    brevity = np.where(shorter, np.exp(1 - ratio), 1.0)
    return np.where(any_matched, 100 * brevity * np.exp(logs / np.maximum(orders, 1)[:, None]), 0.0)


_MEASURES: dict[Utility, Callable[[Sequence[str], str], Float[np.ndarray, "n n"]]] = {
    Utility.CHRF: _chrf,
    Utility.BLEU: _bleu,
}


def _ngrams(line: str | tuple[str, ...], order: int) -> Counter[str | tuple[str, ...]]:
    return Counter(line[start : start + order] for start in range(len(line) - order + 1))


def _matched(
    counts: Sequence[Counter[str | tuple[str, ...]]],
) -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, " n"]]:
    """For each pair the number of n-grams that both have, and for each text the number of all of its n-grams."""
    places = {ngram: place for place, ngram in enumerate(dict.fromkeys(ngram for each in counts for ngram in each))}
    table = np.zeros((len(counts), len(places)))
    for row, each in enumerate(counts):
        table[row, [places[ngram] for ngram in each]] = list(each.values())
    matched = np.stack([np.minimum(row, table).sum(axis=1) for row in table])
    return matched, table.sum(axis=1)
