"""Tokenizers of characters, with bytes for the rare ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import tokenizers
from tokenizers import models

from dragoman.text.tokenizers.pretokenization import pattern, pre_tokenizer


def train_characters(
    texts: Iterable[str], fixed: Sequence[str], alphabet: Sequence[str], size: int, min_count: int, single_digits: bool
) -> tokenizers.Tokenizer:
    """Make a tokenizer in which every character of the alphabet is a symbol; see :func:`train_bpe` for the
    arguments."""
    del texts, size, min_count
    vocabulary = {symbol: place for place, symbol in enumerate([*fixed, *alphabet])}
    model = models.BPE(vocab=vocabulary, merges=[], unk_token=fixed[1], byte_fallback=True)
    backend = tokenizers.Tokenizer(model)
    backend.pre_tokenizer = pre_tokenizer(pattern(single_digits=single_digits))
    return backend
