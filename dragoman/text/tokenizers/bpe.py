"""Byte-pair encoding (Sennrich et al. 2016)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import tokenizers
from tokenizers import models, trainers

from dragoman.native.text import learn_bpe
from dragoman.text.tokenizers.pretokenization import pattern, pre_tokenizer

if TYPE_CHECKING:
    from dragoman.text.corpus_counts import WordCounts


def train_bpe(
    texts: Iterable[str], fixed: Sequence[str], alphabet: Sequence[str], size: int, min_count: int, single_digits: bool
) -> tokenizers.Tokenizer:
    """Train byte-pair encoding: the most frequent pair of adjacent symbols is merged until the vocabulary is full.

    Args:
        texts: texts to learn from, each with a space before it.
        fixed: symbols with the first ids.
        alphabet: characters that get a symbol.
        size: most symbols.
        min_count: least count of a pair.
        single_digits: whether each digit is a symbol of its own.
    """
    backend = tokenizers.Tokenizer(models.BPE(unk_token=fixed[1], byte_fallback=True))
    backend.pre_tokenizer = pre_tokenizer(pattern(single_digits=single_digits))
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(fixed),
        initial_alphabet=list(alphabet),
        limit_alphabet=len(alphabet),
        min_frequency=min_count,
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    return backend


def train_bpe_on_words(
    words: WordCounts, fixed: Sequence[str], alphabet: Sequence[str], size: int, min_count: int, single_digits: bool
) -> tokenizers.Tokenizer:
    """Train byte-pair encoding from the counts of words; the result equals that of :func:`train_bpe` on the texts,
    whose other arguments it shares. It needs the native library."""
    characters = sorted(map(ord, alphabet))
    ids = np.full(0x110000, -1, dtype=np.int32)
    ids[characters] = len(fixed) + np.arange(len(characters))
    codes = np.frombuffer("".join(words.words).encode("utf-32-le"), dtype=np.uint32)
    # A character without a symbol is left out, as the library does.
    lengths = np.fromiter(map(len, words.words), dtype=np.int64, count=len(words.words))
    ends = np.concatenate([[0], np.cumsum(lengths)])
    known = ids[codes] >= 0
    kept_before = np.concatenate([[0], np.cumsum(known)]).astype(np.int64)
    symbols = [*fixed, *map(chr, characters)]
    merges = learn_bpe(
        ids[codes][known],
        kept_before[ends],
        words.counts.astype(np.int64),
        np.array(characters, dtype=np.int32),
        first_id=len(fixed),
        room=size - len(symbols),
        min_count=min_count,
    )
    pairs = []
    for left, right, merged in merges.tolist():
        pairs.append((symbols[left], symbols[right]))
        if merged == len(symbols):
            symbols.append(symbols[left] + symbols[right])
    vocabulary = {symbol: place for place, symbol in enumerate(symbols)}
    model = models.BPE(vocab=vocabulary, merges=pairs, unk_token=fixed[1], byte_fallback=True)
    backend = tokenizers.Tokenizer(model)
    backend.pre_tokenizer = pre_tokenizer(pattern(single_digits=single_digits))
    return backend
