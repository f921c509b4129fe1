"""Text to hidden states, by self-attention."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from dragoman.contracts import Memory, Packed
from dragoman.layers.dropout import Dropout
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.transformer.encoder_block import EncoderBlock


class TransformerEncoder(nn.Module):
    """Embedding plus position, then a stack of blocks (Vaswani et al. 2017, section 3.1).

    Args:
        embedding: of the source vocabulary.
        positions: sinusoidal or learned.
        blocks: the stack.
        norm: after the stack; an identity where the blocks normalise their results.
        dropout: rate on the sum of embedding and position.
    """

    def __init__(
        self,
        embedding: TokenEmbedding,
        positions: nn.Module,
        blocks: Iterable[EncoderBlock],
        norm: nn.Module,
        dropout: float,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.positions = positions
        self.blocks = nn.ModuleList(blocks)
        self.norm = norm
        self.dropout = Dropout(dropout)

    def forward(self, source: Packed) -> Memory:
        """The hidden states of every source token."""
        x = self.embedding(source.values)
        x = self.dropout(x + self.positions(source.layout.positions, x))
        for block in self.blocks:
            x = block(x, source.layout)
        states = self.norm(x)
        return Memory(states, source.layout, source.layout.mean(states))
