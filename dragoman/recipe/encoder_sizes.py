"""What the recipes of encoders say of lengths and widths, where several say the same."""

from __future__ import annotations

from typing import Literal, Protocol


class _Width(Protocol):
    @property
    def width(self) -> int: ...


class _Positions(Protocol):
    @property
    def positions(self) -> Literal["learned", "sinusoidal"]: ...

    @property
    def max_positions(self) -> int: ...


class OneWidth:
    """Of an encoder all of whose hidden states are ``width`` wide."""

    @property
    def memory_width(self: _Width) -> int:
        """Width of the hidden states that it hands to a decoder."""
        return self.width

    @property
    def final_width(self: _Width) -> int:
        """Width of the one vector that it makes of an input."""
        return self.width


class AnyLength:
    """Of a network that tokens of any number go through, or none."""

    @property
    def longest(self) -> int | None:
        """Most tokens in a row: there is no limit."""
        return None


class LengthOfPositions:
    """Of a network that learns a vector for each position, or computes it."""

    @property
    def longest(self: _Positions) -> int | None:
        """Most tokens in a row; None if there is no limit."""
        return self.max_positions if self.positions == "learned" else None
