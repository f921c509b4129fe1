"""Byte-pair encoding (Sennrich et al. 2016)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import tokenizers
from tokenizers import models, trainers

from dragoman.text.tokenizers.pretokenization import pattern, pre_tokenizer


def train_bpe(
    texts: Iterable[str], fixed: Sequence[str], alphabet: Sequence[str], size: int, min_count: int, single_digits: bool
) -> tokenizers.Tokenizer:
    """Symbols are merged, the most frequent pair of neighbours first, until the vocabulary is full.

    Args:
        texts: what to learn from, each with the space that stands before it.
        fixed: symbols with the first ids.
        alphabet: characters that get a symbol.
        size: symbols at most.
        min_count: how often a pair must occur.
        single_digits: whether each digit is a symbol by itself.
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
