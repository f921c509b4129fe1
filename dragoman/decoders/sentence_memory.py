"""What a search's hypotheses look up, held once for each sentence."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from dragoman.layers.attention.key_values import KeyValues


@dataclass(frozen=True, slots=True)
class SentenceMemory:
    """Keys and values of the memory for each attention of a decoder, shared by a sentence's hypotheses.

    Attributes:
        blocks: per attention, one row per sentence.
        sentences: the row that each hypothesis looks up; equal ones stand together in equal numbers.
    """

    blocks: tuple[KeyValues, ...]
    sentences: Int[Tensor, " R"]

    @classmethod
    def of(cls, blocks: tuple[KeyValues, ...]) -> SentenceMemory:
        """One hypothesis for each sentence."""
        keys = blocks[0].keys
        return cls(blocks, torch.arange(keys.shape[0], device=keys.device))

    def select(self, rows: Int[Tensor, " K"]) -> SentenceMemory:
        """That of hypotheses ``rows``. Keys and values are copied only when the set of sentences changes."""
        sentences = self.sentences.index_select(0, rows)
        kept, counts = torch.unique_consecutive(sentences, return_counts=True)
        if len(sentences) == 0 or bool((counts != counts[0]).any()):
            kept, counts = sentences, torch.ones_like(sentences)
        blocks = self.blocks
        places = torch.arange(len(kept), device=kept.device)
        if len(kept) != blocks[0].keys.shape[0] or not torch.equal(kept, places):
            blocks = tuple(block.select(kept) for block in blocks)
        return SentenceMemory(blocks, torch.repeat_interleave(places, counts))
