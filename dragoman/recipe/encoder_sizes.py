"""Lengths and widths that recipes of several encoders define in the same way."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable


@runtime_checkable
class _Width(Protocol):
    @property
    def width(self) -> int: ...


@runtime_checkable
class _Positions(Protocol):
    @property
    def positions(self) -> Literal["learned", "sinusoidal", "rotary"]: ...

    @property
    def max_positions(self) -> int: ...


class OneWidth:
    """The widths of an encoder whose hidden states all have the width ``width``."""

    @property
    def memory_width(self: _Width) -> int:
        """Width of the hidden states that it hands to a decoder."""
        return self.width

    @property
    def final_width(self: _Width) -> int:
        """Width of the one vector that it makes of an input."""
        return self.width


class AnyLength:
    """The limit of a network that takes any number of tokens."""

    @property
    def longest(self) -> int | None:
        """Most tokens in a row: there is no limit."""
        return None


class LengthOfPositions:
    """The limit of a network with learned or computed position encodings."""

    @property
    def longest(self: _Positions) -> int | None:
        """Most tokens in a row; None if there is no limit."""
        return self.max_positions if self.positions == "learned" else None
