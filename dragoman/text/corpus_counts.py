"""Counts of the characters of a corpus, and of the parts that no symbol of a tokenizer spans."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Int64

from dragoman.native.lines import Lines
from dragoman.native.text import Cutter
from dragoman.text.characters import character_tables
from dragoman.text.tokenizers.pretokenization import pattern, pre_tokenizer

CODE_POINTS = 0x110000
_CHUNK = 10_000


def count_characters(texts: Sequence[str]) -> Int[np.ndarray, " 1114112"]:
    """Count each Unicode code point in ``texts``.

    Raises:
        UnicodeEncodeError: if a text has a lone surrogate.

    >>> int(count_characters(["abba"])[ord("a")])
    2
    """
    counts = np.zeros(CODE_POINTS, dtype=np.int64)
    for begin in range(0, len(texts), _CHUNK):
        codes = np.frombuffer("".join(texts[begin : begin + _CHUNK]).encode("utf-32-le"), dtype=np.uint32)
        part = np.bincount(codes)
        counts[: len(part)] += part
    return counts


def frequent_characters(counts: Int[np.ndarray, " 1114112"], *, most: int, min_count: int) -> list[str]:
    """The most frequent characters: at most ``most``, each with a count of ``min_count`` or more. Of equally frequent
    ones the lower code point comes first, so that the choice is deterministic.

    >>> frequent_characters(count_characters(["banana"]), most=2, min_count=2)
    ['a', 'n']
    """
    ranked = np.argsort(-counts, kind="stable")[:most]
    return [chr(code) for code in ranked[counts[ranked] >= min_count].tolist()]


_SPACE = " "


@dataclass(frozen=True, slots=True)
class WordCounts:
    """Different parts with their counts.

    Attributes:
        words: the parts, each with the space before it.
        counts: count of each part.
    """

    words: list[str]
    counts: Int64[np.ndarray, " w"]

    @classmethod
    def of(cls, texts: Iterable[str], *, single_digits: bool) -> WordCounts:
        """Count the parts of texts, with a space before each text. They are iterated once; it needs the native library.

        Raises:
            UnicodeEncodeError: if a text has a lone surrogate.
        """
        table = Cutter(character_tables("NFC"), single_digits=single_digits)
        # The library's own cut: newer characters are letters or marks to one Unicode database and not to another.
        exact = pre_tokenizer(pattern(single_digits=single_digits))
        counts = np.zeros(0, dtype=np.int64)
        remaining = iter(texts)
        while part := list(itertools.islice(remaining, _CHUNK)):
            words, sizes = table.cut(Lines.of(part))
            # An empty text is the space before it.
            rest = [
                table.number(word)
                for row in np.flatnonzero(sizes < 1)
                for word, _ in exact.pre_tokenize_str(_SPACE + part[row])
            ]
            found = np.bincount(np.concatenate([words, np.array(rest, dtype=np.int32)]), minlength=len(table))
            found[: len(counts)] += counts
            counts = found
        return cls(table.words(), counts)

    def characters(self) -> Int64[np.ndarray, " 1114112"]:
        """The count of each code point."""
        codes = np.frombuffer("".join(self.words).encode("utf-32-le"), dtype=np.uint32)
        often = np.repeat(self.counts, list(map(len, self.words)))
        totals = np.zeros(CODE_POINTS, dtype=np.int64)
        np.add.at(totals, codes, often)
        return totals
