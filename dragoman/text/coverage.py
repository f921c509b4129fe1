"""How well a vocabulary fits a language: tokens per word, and the share of text that is spelt in bytes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from dragoman.storage.json import JsonObject
from dragoman.text.segmenter import Segmenter

_CHUNK = 10_000
NOTABLE_BYTE_SHARE = 0.01
"""Share of bytes among the tokens that deserves a warning."""


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Counts over texts of one language.

    Attributes:
        texts: number of texts.
        words: number of words between spaces; None if the language writes no spaces.
        characters: number of characters without spaces.
        tokens: number of tokens without end symbols.
        byte_tokens: number of tokens that are single bytes of a character without a symbol.
    """

    texts: int
    words: int | None
    characters: int
    tokens: int
    byte_tokens: int

    @property
    def tokens_per_word(self) -> float | None:
        """Tokens per word; None where spaces do not separate words."""
        return self.tokens / self.words if self.words else None

    @property
    def tokens_per_character(self) -> float | None:
        """Tokens per character; None if there are no characters."""
        return self.tokens / self.characters if self.characters else None

    @property
    def byte_share(self) -> float:
        """Share of tokens that are bytes, from 0 to 1."""
        return self.byte_tokens / self.tokens if self.tokens else 0.0

    def to_dict(self) -> JsonObject:
        """Counts and ratios as a dictionary that JSON can represent."""
        ratios = {name: getattr(self, name) for name in ("tokens_per_word", "tokens_per_character", "byte_share")}
        return {**asdict(self), **ratios}


def count_tokens(tokenizer: Segmenter, texts: Iterable[str], *, spaced: bool) -> TokenCounts:
    """Encode texts and count their tokens.

    Args:
        tokenizer: segmenter of the language.
        texts: texts to encode, some thousand at a time.
        spaced: whether the language separates words by spaces.

    >>> from dragoman.text.tokenizer import Tokenizer
    >>> tokenizer = Tokenizer.train(["low lower lowest"] * 3, vocabulary_size=300)
    >>> counts = count_tokens(tokenizer, ["low lower"], spaced=True)
    >>> counts.words, counts.byte_share
    (2, 0.0)
    """
    byte_ids = tokenizer.vocabulary.byte_ids
    remaining = iter(texts)
    count, words, characters, tokens, byte_tokens = 0, 0, 0, 0, 0
    while part := list(itertools.islice(remaining, _CHUNK)):
        count += len(part)
        ids = tokenizer.encode_ragged(part).values
        tokens += len(ids)
        byte_tokens += int(np.isin(ids, byte_ids).sum())
        for text in part:
            parts = text.split()
            words += len(parts)
            characters += sum(map(len, parts))
    return TokenCounts(count, words if spaced else None, characters, tokens, byte_tokens)


def coverage_table(rows: Mapping[str, TokenCounts]) -> str:
    """A table as plain text with a line for each language, and a note where many characters lack a symbol."""
    cells: list[tuple[str, ...]] = [("language", "tokens a word", "tokens a character", "spelt in bytes")]
    for language, counts in rows.items():
        ratios = [
            "–" if ratio is None else f"{ratio:.2f}" for ratio in (counts.tokens_per_word, counts.tokens_per_character)
        ]
        cells.append((language, *ratios, f"{counts.byte_share:.2%}"))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    ]
    lines += [
        f"Many characters of {language} have no symbol of their own; a larger vocabulary would be shorter."
        for language, counts in rows.items()
        if counts.byte_share > NOTABLE_BYTE_SHARE
    ]
    return "\n".join(lines)
