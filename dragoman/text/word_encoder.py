"""Encoding by words: most words of a corpus recur, and each different one is encoded once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Int64

from dragoman.native.lines import Lines
from dragoman.native.text import Cutter
from dragoman.text.characters import character_tables
from dragoman.text.ragged import Ragged

_MOST_WORDS = 1 << 20

Encode = Callable[[Sequence[str]], list[list[int]]]


class WordEncoder:
    """Encodes texts to the same ids as the tokenizer, whose symbols never span the parts that its expression cuts.

    Args:
        encode_parts: function that encodes parts unchanged with the tokenizer.
        encode_texts: function that encodes whole texts with the tokenizer, for those that native code cannot cut.
        single_digits: whether each digit is a part of its own.
    """

    def __init__(self, encode_parts: Encode, encode_texts: Encode, *, single_digits: bool) -> None:
        self._encode_parts = encode_parts
        self._encode_texts = encode_texts
        self._single_digits = single_digits
        self._forget()

    def encode(self, texts: Sequence[str]) -> Ragged:
        """The ids of each text."""
        if len(self._cutter) > _MOST_WORDS:
            self._forget()
        words, counts = self._cutter.cut(Lines.of(texts))
        self._learn()
        cut = self._known.select(words).joined(np.maximum(counts, 0))
        rest = np.flatnonzero(counts < 0)
        if not len(rest):
            return cut
        return _filled(cut, rest, Ragged.of(self._encode_texts([texts[row] for row in rest.tolist()])))

    def _forget(self) -> None:
        self._cutter = Cutter(character_tables("NFC"), single_digits=self._single_digits)
        self._known = Ragged.of([])

    def _learn(self) -> None:
        """Encode the words that are new."""
        fresh = self._cutter.words(len(self._known))
        if fresh:
            ids = Ragged.of(self._encode_parts(fresh))
            values = np.concatenate([self._known.values, ids.values])
            self._known = Ragged(
                values, np.concatenate([self._known.offsets, ids.offsets[1:] + len(self._known.values)])
            )


def _filled(rows: Ragged, places: Int64[np.ndarray, " p"], others: Ragged) -> Ragged:
    """The rows, with other ones in place of the empty rows at some positions."""
    lengths = rows.lengths
    lengths[places] = others.lengths
    is_other = np.zeros(len(rows), dtype=bool)
    is_other[places] = True
    of_other = np.repeat(is_other, lengths)
    values = np.empty(len(of_other), dtype=np.int32)
    values[of_other] = others.values
    values[~of_other] = rows.values
    return Ragged(values, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
