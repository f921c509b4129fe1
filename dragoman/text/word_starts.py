"""Which tokens words begin with."""

from __future__ import annotations

import numpy as np

from dragoman.text.ragged import Ragged
from dragoman.text.vocabulary import BYTE_SYMBOLS, Vocabulary

_SPACE = BYTE_SYMBOLS[ord(" ")]


def word_starts(vocabulary: Vocabulary, ids: Ragged) -> Ragged:
    """The place in its row of each token that a word begins with.

    Words are what one space stands between. A tokenizer puts one space before a text and leaves every space to what
    follows it, so a word begins with each symbol that begins with a space, and with no other; such a text's ids are the
    ids of its words one after the other.

    >>> vocabulary = Vocabulary.of({"</s>": 0, " a": 1, "b": 2, " ": 3})
    >>> word_starts(vocabulary, Ragged.of([[1, 2, 3, 2, 0], [1, 0]])).to_lists()
    [[0, 2], [0]]

    Args:
        vocabulary: vocabulary of the ids.
        ids: ids of texts without white space at their ends, in which single spaces separate words.
    """
    symbols = vocabulary.symbols
    begins = np.fromiter((symbol[:1] == " " or symbol == _SPACE for symbol in symbols), dtype=bool, count=len(symbols))
    places = np.flatnonzero(begins[ids.values])
    rows = np.repeat(np.arange(len(ids)), ids.lengths)[places]
    return Ragged.of_lengths(places - ids.offsets[rows], np.bincount(rows, minlength=len(ids)))
