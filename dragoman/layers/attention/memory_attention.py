"""The interface of every attention to an encoder's hidden states."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import Layout, Memory
from dragoman.layers.attention.indexed import IndexedMemory
from dragoman.layers.attention.key_values import KeyValues


@runtime_checkable
class MemoryAttention(Protocol):
    """Attention of a decoder to an encoder's hidden states: from queries of width Q to context vectors of width C.

    Attributes:
        width: width C of a context vector.
    """

    width: int

    def project(self, memory: Memory) -> KeyValues | IndexedMemory:
        """Keys and values for :meth:`step`, one row per sentence, computed once for all steps of a search. They are
        :class:`~dragoman.layers.attention.key_values.KeyValues` or, where native kernels look them up,
        :class:`~dragoman.layers.attention.indexed.IndexedMemory`."""
        ...

    def __call__(self, queries: Float[Tensor, "N Q"], layout: Layout, memory: Memory) -> Float[Tensor, "N C"]:
        """The context vector of every query, for packed whole targets; a query attends to its own row of the memory."""
        ...

    def scores(self, queries: Float[Tensor, "N Q"], layout: Layout, memory: Memory) -> Float[Tensor, "B H T S"]:
        """The scores of every query and key of each head, −∞ where there is no key, for the arguments of a call."""
        ...

    def weights(self, queries: Float[Tensor, "N Q"], layout: Layout, memory: Memory) -> Float[Tensor, "B H T S"]:
        """The attention weights, softmax of the scores over the keys, without dropout; 0 behind the ends of rows."""
        ...

    def step(self, queries: Float[Tensor, "R Q"], memory: Any) -> Float[Tensor, "R C"]:
        """The context vector of one query of each hypothesis.

        Args:
            queries: one query of each hypothesis.
            memory: what :meth:`project` made of the hypotheses' sentences. The number of rows of key-values divides R,
                and the hypotheses of one row stand together and share its keys without a copy; an indexed memory has a
                row for each hypothesis.
        """
        ...
