"""The symbols of a vocabulary and their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PADDING, UNKNOWN, START, END = range(4)
"""Ids of the special symbols, the same in every vocabulary."""

NEVER_WRITTEN = (PADDING, UNKNOWN, START)
"""Those that no output may have."""

SPECIAL_SYMBOLS = ("<pad>", "<unk>", "<s>", "</s>")
"""How they are written, in the order of their ids."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Symbols by id, and ids by symbol.

    Attributes:
        symbols: in the order of their ids.
        ids: of each symbol.
    """

    symbols: tuple[str, ...]
    ids: Mapping[str, int]

    @classmethod
    def of(cls, ids: Mapping[str, int]) -> Vocabulary:
        """The vocabulary with these ids.

        Raises:
            ValueError: if the ids do not count from 0 without gaps.
        """
        symbols = tuple(sorted(ids, key=ids.__getitem__))
        if any(ids[symbol] != place for place, symbol in enumerate(symbols)):
            raise ValueError(f"the {len(symbols)} ids of a vocabulary must count from 0 without gaps")
        return cls(symbols, dict(ids))

    def __len__(self) -> int:
        return len(self.symbols)
