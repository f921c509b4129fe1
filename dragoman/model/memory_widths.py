"""What a decoder must know of the memory before it is built."""

from __future__ import annotations

from typing import NamedTuple


class MemoryWidths(NamedTuple):
    """The widths of a :class:`~dragoman.contracts.Memory`.

    Attributes:
        states: of the hidden states.
        final: of the one vector for each row.
    """

    states: int
    final: int
