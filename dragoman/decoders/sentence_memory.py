"""What a search's hypotheses look up, held once for each sentence."""

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
        blocks: per attention, all of one kind: key-values have one row per sentence, an indexed memory one per
            hypothesis.
        sentences: the row of key-values that each hypothesis looks up; equal ones stand together in equal numbers.
    """

    blocks: Blocks
    sentences: Int[Tensor, " R"]

    @classmethod
    def of(cls, blocks: Blocks) -> SentenceMemory:
        """One hypothesis for each sentence."""
        first = blocks[0]
        if isinstance(first, IndexedMemory):
            return cls(blocks, first.sentences)
        return cls(blocks, torch.arange(first.keys.shape[0], device=first.keys.device))

    def select(self, rows: Int[Tensor, " K"]) -> SentenceMemory:
        """That of hypotheses ``rows``. Keys and values are never copied where they are indexed, and else only when the
        set of sentences changes."""
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
