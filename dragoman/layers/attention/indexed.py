"""What native attention looks up: left where it was computed, and found by indices.

To follow other hypotheses only the indices are moved, never keys and values. Nothing is ever written into a tensor that
another state can see.
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
        steps: of each step, one row for every hypothesis that there was.
        ancestry: for each hypothesis of now the row of each step that it goes on from, as int32.
    """

    steps: tuple[Float[Tensor, "_ E"], ...]
    ancestry: Int[Tensor, "R t"]

    @classmethod
    def none(cls, rows: int) -> IndexedPast:
        """That of ``rows`` hypotheses before the first step."""
        return cls((), torch.empty((rows, 0), dtype=torch.int32))

    def grown(self, inputs: Float[Tensor, "R E"]) -> IndexedPast:
        """With one more step, in which each hypothesis has the row of its own number."""
        own = torch.arange(len(inputs), dtype=torch.int32)[:, None]
        return IndexedPast((*self.steps, inputs), torch.cat([self.ancestry, own], 1))

    def select(self, rows: Int[Tensor, " K"]) -> IndexedPast:
        """That of hypotheses ``rows``."""
        return IndexedPast(self.steps, self.ancestry.index_select(0, rows))


@dataclass(frozen=True, slots=True)
class IndexedMemory:
    """Keys and values of packed sentences, side by side, and who looks up which.

    Attributes:
        inputs: of every head, keys before values.
        layout: of the sentences.
        sentences: the one that each hypothesis looks up.
    """

    inputs: Float[Tensor, "N E"]
    layout: Layout
    sentences: Int[Tensor, " R"]

    @classmethod
    def of(cls, inputs: Float[Tensor, "N E"], layout: Layout) -> IndexedMemory:
        """One hypothesis for each sentence."""
        return cls(inputs.contiguous(), layout, torch.arange(layout.batch))

    def select(self, rows: Int[Tensor, " K"]) -> IndexedMemory:
        """That of hypotheses ``rows``."""
        return replace(self, sentences=self.sentences.index_select(0, rows))

    def first(self, count: int) -> IndexedMemory:
        """That of the first ``count`` hypotheses."""
        return replace(self, sentences=self.sentences[:count])
