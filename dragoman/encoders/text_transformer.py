"""An encoder that reads text by self-attention."""

from __future__ import annotations

from collections.abc import Iterable

from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Memory, Packed
from dragoman.layers.dropout import Dropout
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.transformer.embedding_shortcut import EmbeddingShortcut, NoShortcut
from dragoman.layers.transformer.encoder_block import EncoderBlock


class TransformerEncoder(nn.Module):
    """Embedding plus position, then a stack of blocks (Vaswani et al. 2017, section 3.1).

    >>> import torch
    >>> from dragoman.layers.attention.multi_head import SelfAttention
    >>> from dragoman.layers.transformer.feed_forward import FeedForward
    >>> from dragoman.layers.transformer.positional_encoding import SinusoidalPositions
    >>> from dragoman.layers.transformer.residual import PreNorm
    >>> attention, network = SelfAttention(8, 2, 0.0, causal=False), FeedForward(8, 16, torch.relu, 0.0)
    >>> block = EncoderBlock(attention, network, (PreNorm(8, 0.0), PreNorm(8, 0.0)))
    >>> encoder = TransformerEncoder(TokenEmbedding(100, 8), SinusoidalPositions(8), [block], nn.Identity(), 0.0)
    >>> memory = encoder(Packed.of([[5, 6, 7], [8, 9]]))
    >>> memory.layout.pad(memory.states).shape, memory.final.shape
    (torch.Size([2, 3, 8]), torch.Size([2, 8]))

    Args:
        embedding: embedding of the source vocabulary.
        positions: positional encoding, sinusoidal or learned.
        blocks: the stack of blocks.
        norm: normalisation after the stack; the identity where the blocks normalise their results.
        dropout: dropout rate on the sum of embedding and position.
        shortcut: shortcut from the embedding to every block; None for none.
    """

    def __init__(
        self,
        embedding: TokenEmbedding,
        positions: nn.Module,
        blocks: Iterable[EncoderBlock],
        norm: nn.Module,
        dropout: float,
        *,
        shortcut: EmbeddingShortcut | None = None,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.positions = positions
        self.blocks = nn.ModuleList(blocks)
        self.norm = norm
        self.dropout = Dropout(dropout)
        self.shortcut = shortcut or NoShortcut()

    def forward(self, source: Packed) -> Memory:
        """One hidden state for every source token."""
        x = self.numbers(source)
        x = embedded = self.dropout(x + self.positions(source.layout.positions, x))
        for number, block in enumerate(self.blocks):
            x = block(self.shortcut(x, embedded, number), source.layout)
        states = self.norm(x)
        return Memory(states, source.layout, source.layout.mean(states))

    def numbers(self, source: Packed) -> Float[Tensor, "N E"]:
        """The embedding of every source token."""
        return self.embedding(source.values)
