"""What a decoder asks of any attention to an encoder's hidden states."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import Layout, Memory
from dragoman.layers.attention.key_values import KeyValues


@runtime_checkable
class MemoryAttention(Protocol):
    """Queries of width Q, contexts of width ``width``.

    Attributes:
        width: of a context vector.
    """

    width: int

    def project(self, memory: Memory) -> KeyValues:
        """Keys and values for :meth:`step`: made once per sentence, however many steps follow."""
        ...

    def __call__(self, queries: Float[Tensor, "N Q"], layout: Layout, memory: Memory) -> Float[Tensor, "N C"]:
        """The context of every packed query, which attends to its own row of the memory: whole targets at once."""
        ...

    def step(self, queries: Float[Tensor, "R Q"], memory: KeyValues) -> Float[Tensor, "R C"]:
        """The context of one query of each hypothesis. R is a multiple of the memory's rows; the hypotheses of one
        row stand together and share its keys without a copy."""
        ...
