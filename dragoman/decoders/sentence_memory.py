"""The keys and values that a search's hypotheses attend to, held once for each sentence."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from dragoman.layers.attention.indexed import IndexedMemory
from dragoman.layers.attention.key_values import KeyValues

Blocks = tuple[KeyValues | IndexedMemory, ...]


@dataclass(frozen=True, slots=True)
class SentenceMemory:
    """Keys and values of the memory for each attention of a decoder, shared by a sentence's hypotheses.

    Attributes:
        blocks: keys and values for each attention, all of one class: :class:`KeyValues` have one row per sentence, an
            :class:`IndexedMemory` one per hypothesis.
        sentences: the row of key-values that each hypothesis attends to; hypotheses of one row stand together, and
            every row has equally many.
    """

    blocks: Blocks
    sentences: Int[Tensor, " R"]

    @classmethod
    def of(cls, blocks: Blocks) -> SentenceMemory:
        """The memory at the start of a search: one hypothesis for each sentence."""
        first = blocks[0]
        if isinstance(first, IndexedMemory):
            return cls(blocks, first.sentences)
        return cls(blocks, torch.arange(first.keys.shape[0], device=first.keys.device))

    def select(self, rows: Int[Tensor, " K"]) -> SentenceMemory:
        """The memory of hypotheses ``rows``, in that order.

        Keys and values are never copied where they are indexed, and otherwise only when the set of sentences
        changes."""
        blocks, sentences = self.blocks, self.sentences.index_select(0, rows)
        first = blocks[0]
        if isinstance(first, IndexedMemory):
            return SentenceMemory(_selected(blocks, rows), sentences)
        kept, counts = torch.unique_consecutive(sentences, return_counts=True)
        if len(sentences) == 0 or bool((counts != counts[0]).any()):
            kept, counts = sentences, torch.ones_like(sentences)
        places = torch.arange(len(kept), device=kept.device)
        if len(kept) != first.keys.shape[0] or not torch.equal(kept, places):
            blocks = _selected(blocks, kept)
        return SentenceMemory(blocks, torch.repeat_interleave(places, counts))


def _selected(blocks: Blocks, rows: Int[Tensor, " K"]) -> Blocks:
    return tuple(block.select(rows) for block in blocks)
