"""Tokenizers of whole words, which spell rare words in characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import tokenizers
from tokenizers import models

from dragoman.text.tokenizers.pretokenization import cutter, pattern, pre_tokenizer

_MOST_COUNTED = 5_000_000


def train_words(
    texts: Iterable[str], fixed: Sequence[str], alphabet: Sequence[str], size: int, min_count: int, single_digits: bool
) -> tokenizers.Tokenizer:
    """Make a tokenizer in which the most frequent words are symbols, with the space before them; see :func:`train_bpe`
    for the arguments.

    In scripts without spaces a word is what can be found without a dictionary: one Han character, a run of Hiragana or
    of Katakana; a whole run of letters in Thai, Lao, Khmer and Burmese.
    """
    expression = pattern(single_digits=single_digits, words=True)
    cut = cutter(expression)
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(cut.findall(text))
        if len(counts) > _MOST_COUNTED:
            counts = Counter(dict(_ranked(counts)[: _MOST_COUNTED // 2]))
    known = dict.fromkeys([*fixed, *alphabet])
    for word, count in _ranked(counts):
        if len(known) >= size or count < min_count:
            break
        if len(word) > 1:
            known[word] = None
    vocabulary = {symbol: place for place, symbol in enumerate(known)}
    model = models.BPE(vocab=vocabulary, merges=[], unk_token=fixed[1], byte_fallback=True, ignore_merges=True)
    backend = tokenizers.Tokenizer(model)
    backend.pre_tokenizer = pre_tokenizer(expression)
    return backend


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Words by decreasing count; equally frequent ones in alphabetical order, so that the choice is deterministic."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
