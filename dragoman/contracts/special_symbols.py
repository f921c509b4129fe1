"""The symbols of a vocabulary that stand for no text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpecialSymbols:
    """The ids of a vocabulary's special symbols.

    Other libraries number them differently, and in some the start symbol is one of the others: T5 (Raffel et al. 2020)
    begins a translation with the padding symbol, fairseq (Ott et al. 2019) with the end symbol.

    >>> symbols = SpecialSymbols(padding=5, unknown=3, start=7, end=0)
    >>> symbols.never_written
    (3, 5, 7)

    Attributes:
        padding: id of the symbol that fills up rows, and is the blank of connectionist temporal classification; None if
            there is none.
        unknown: id of the symbol for text that no other symbols can spell; None if there is none.
        start: id of the symbol that a decoder reads before the first symbol of a text.
        end: id of the symbol that a decoder writes after the last symbol of a text.

    Raises:
        ValueError: if an id is negative, or two of padding, unknown and end are the same, or unknown and start.
    """

    padding: int | None
    unknown: int | None
    start: int
    end: int

    def __post_init__(self) -> None:
        apart = [symbol for symbol in (self.padding, self.unknown, self.end) if symbol is not None]
        if len({*apart}) < len(apart) or self.start == self.unknown or min(*apart, self.start) < 0:
            raise ValueError(f"{self} do not tell padding, unknown and end apart by numbers from 0")

    @property
    def all(self) -> tuple[int, ...]:
        """The id of each special symbol once, in ascending order."""
        found = (self.padding, self.unknown, self.start, self.end)
        return tuple(sorted({symbol for symbol in found if symbol is not None}))

    @property
    def never_written(self) -> tuple[int, ...]:
        """The ids that no output may have, in ascending order: all but the end symbol."""
        return tuple(symbol for symbol in self.all if symbol != self.end)


DEFAULT_SYMBOLS = SpecialSymbols(padding=0, unknown=1, start=2, end=3)
"""The special symbols of every vocabulary that is learnt here."""
