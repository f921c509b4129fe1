"""Keys and values for native attention: they stay where they were computed, and are found by indices.

When a search goes on from other hypotheses, only the indices are moved, never keys and values. Nothing is ever written
into a tensor that another state can see.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import Layout


@dataclass(frozen=True, slots=True)
class IndexedPast:
    """Queries, keys and values of one block, as each step left them.

    Attributes:
        steps: for each step, queries, keys and values side by side: one row per hypothesis of that step.
        ancestry: ``ancestry[r, t]`` is the row that hypothesis ``r`` had at step ``t``, as int32.
    """

    steps: tuple[Float[Tensor, "_ E"], ...]
    ancestry: Int[Tensor, "R t"]

    @classmethod
    def none(cls, rows: int) -> IndexedPast:
        """The empty past of ``rows`` hypotheses before the first step."""
        return cls((), torch.empty((rows, 0), dtype=torch.int32))

    @property
    def length(self) -> int:
        """How many steps it holds."""
        return len(self.steps)

    def grown(self, inputs: Float[Tensor, "R E"]) -> IndexedPast:
        """The past with one more step, in which hypothesis ``r`` has row ``r``."""
        own = torch.arange(len(inputs), dtype=torch.int32)[:, None]
        return IndexedPast((*self.steps, inputs), torch.cat([self.ancestry, own], 1))

    def select(self, rows: Int[Tensor, " K"]) -> IndexedPast:
        """The past of hypotheses ``rows``, in that order."""
        return IndexedPast(self.steps, self.ancestry.index_select(0, rows))


@dataclass(frozen=True, slots=True)
class IndexedMemory:
    """Keys and values of packed sentences, side by side, and the sentence that each hypothesis attends to.

    Attributes:
        inputs: keys and values of all heads for each token of the sentences, keys before values.
        layout: where each sentence's tokens lie.
        sentences: number of the sentence that each hypothesis attends to.
    """

    inputs: Float[Tensor, "N E"]
    layout: Layout
    sentences: Int[Tensor, " R"]

    @classmethod
    def of(cls, inputs: Float[Tensor, "N E"], layout: Layout) -> IndexedMemory:
        """The memory at the start of a search: one hypothesis for each sentence."""
        return cls(inputs.contiguous(), layout, torch.arange(layout.batch))

    def select(self, rows: Int[Tensor, " K"]) -> IndexedMemory:
        """The memory as hypotheses ``rows`` see it, in that order."""
        return replace(self, sentences=self.sentences.index_select(0, rows))

    def first(self, count: int) -> IndexedMemory:
        """The memory as the first ``count`` hypotheses see it."""
        return replace(self, sentences=self.sentences[:count])
