"""The symbols of a vocabulary and their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.contracts import DEFAULT_SYMBOLS, SpecialSymbols

BYTE_SYMBOLS = tuple(f"<0x{byte:02X}>" for byte in range(256))
"""Symbols for single bytes of UTF-8, which spell characters that have no symbol of their own."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Symbols by id, and ids by symbol.

    >>> vocabulary = Vocabulary.of({"</s>": 0, "a": 1, "<s>": 2}, SpecialSymbols(None, None, start=2, end=0))
    >>> vocabulary.symbols
    ('</s>', 'a', '<s>')
    >>> len(vocabulary), vocabulary.special.end
    (3, 0)

    Attributes:
        symbols: all symbols in the order of their ids; a space in a symbol is written as a space.
        ids: id of each symbol.
        special: ids of the symbols that stand for no text.
    """

    symbols: tuple[str, ...]
    ids: Mapping[str, int]
    special: SpecialSymbols = DEFAULT_SYMBOLS

    @classmethod
    def of(cls, ids: Mapping[str, int], special: SpecialSymbols = DEFAULT_SYMBOLS) -> Vocabulary:
        """The vocabulary with these ids.

        Raises:
            ValueError: if the ids are not 0, 1, 2 … without gaps.
        """
        symbols = tuple(sorted(ids, key=ids.__getitem__))
        if any(ids[symbol] != place for place, symbol in enumerate(symbols)):
            raise ValueError(f"the {len(symbols)} ids of a vocabulary must count from 0 without gaps")
        return cls(symbols, dict(ids), special)

    @property
    def of_text(self) -> tuple[str, ...]:
        """The symbols that are text: all but the special ones and the bytes, such as ``<0x41>``."""
        others = {*self.special.all, *self.byte_ids}
        return tuple(symbol for id, symbol in enumerate(self.symbols) if id not in others)

    @property
    def byte_ids(self) -> tuple[int, ...]:
        """The ids of the symbols of single bytes, in the order of the bytes; none if the vocabulary has none."""
        return tuple(self.ids[symbol] for symbol in BYTE_SYMBOLS if symbol in self.ids)

    def __len__(self) -> int:
        return len(self.symbols)
