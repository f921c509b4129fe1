"""What a decoder asks of any attention to an encoder's hidden states."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import Layout, Memory


@runtime_checkable
class MemoryAttention(Protocol):
    """Queries of width Q, contexts of width ``width``.

    Attributes:
        width: of a context vector.
    """

    width: int

    def project(self, memory: Memory) -> Any:
        """Keys and values for :meth:`step`, one row per sentence: made once, however many steps follow. They are
        :class:`~dragoman.layers.attention.key_values.KeyValues` or, where native kernels look them up,
        :class:`~dragoman.layers.attention.indexed.IndexedMemory`."""
        ...

    def __call__(self, queries: Float[Tensor, "N Q"], layout: Layout, memory: Memory) -> Float[Tensor, "N C"]:
        """The context of every packed query, which attends to its own row of the memory: whole targets at once."""
        ...

    def step(self, queries: Float[Tensor, "R Q"], memory: Any) -> Float[Tensor, "R C"]:
        """The context of one query of each hypothesis.

        Args:
            queries: of the hypotheses.
            memory: what :meth:`project` made, of the hypotheses' sentences. The rows of key-values are then a divisor
                of R, and the hypotheses of one row stand together and share its keys without a copy; an indexed memory
                has a row for each hypothesis.
        """
        ...
