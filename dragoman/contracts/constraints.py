"""What a search asks of a constraint on an output."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from jaxtyping import Int
from torch import Tensor

NEVER = 1 << 30
"""The number of symbols after which no output can end."""


@runtime_checkable
class OutputAutomaton(Protocol):
    """A deterministic finite automaton over the symbols of a vocabulary, which accepts the outputs that satisfy a
    constraint, and knows from each of its states how many more symbols that takes at least.

    Of ordinary symbols alone: the end symbol is allowed in the states that accept, and changes none. An automaton never
    changes, but for results that it keeps.
    """

    @property
    def start(self) -> int:
        """The state before the first symbol."""
        ...

    def after(self, state: int, symbol: int) -> int:
        """The state after one more symbol; −1 where no output that goes on so can satisfy the constraint, whatever its
        length, and after −1."""
        ...

    def least(self, state: int) -> int:
        """The least number of further symbols with which an output can satisfy the constraint: 0 where it may end, and
        :data:`NEVER` where it cannot be satisfied any more."""
        ...

    def least_after(self, state: int) -> Int[Tensor, " V"]:
        """:meth:`least` after each symbol of the vocabulary, in a new tensor of int32 on the CPU; what it says of the
        end symbol means nothing."""
        ...
