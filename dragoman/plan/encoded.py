"""What an encoder hands to a decoder, as values of the routine ``encode``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dragoman.plan.program import Op
from dragoman.plan.writer import Vectors, Writer


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The hidden states of an example, and its final vector, which is computed only for a decoder that asks for it.

    Attributes:
        states: a vector for each position.
        final: writes what is needed for the final vector, one for each example.
    """

    states: Vectors
    final: Callable[[], Vectors]

    @classmethod
    def of_positions(cls, w: Writer, states: Vectors) -> Encoded:
        """Hidden states whose mean is the final vector."""

        def mean() -> Vectors:
            computed = w.computed(states)
            return w.vectors(Op.mean, computed.columns, in_=computed.register)

        return cls(states, mean)

    @classmethod
    def of_examples(cls, states: Vectors) -> Encoded:
        """One hidden state for each example, which is the final vector, too."""
        return cls(states, lambda: states)
