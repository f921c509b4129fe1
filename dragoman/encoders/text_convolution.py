"""An encoder that reads text by convolutions."""

from __future__ import annotations

import math
from collections.abc import Iterable

from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Memory, Packed
from dragoman.layers.convolution.gated_block import GatedConvolutionBlock
from dragoman.layers.dropout import Dropout
from dragoman.layers.embedding import TokenEmbedding


class ConvolutionalEncoder(nn.Module):
    """Embedding plus position, gated convolutions, and the embedding added once more (Gehring et al. 2017, section 3).

    In the paper, keys are the outputs of the blocks, and values their sum with the embedding. Here the sum, scaled by
    √½, is the memory, and every decoder computes its own keys and values from it.

    >>> from dragoman.layers.transformer.positional_encoding import SinusoidalPositions
    >>> blocks = [GatedConvolutionBlock(8, taps=3, dropout=0.0) for _ in range(2)]
    >>> encoder = ConvolutionalEncoder(TokenEmbedding(100, 8), SinusoidalPositions(8), blocks, dropout=0.0)
    >>> memory = encoder(Packed.of([[5, 6, 7], [8, 9]]))
    >>> memory.layout.pad(memory.states).shape
    torch.Size([2, 3, 8])

    Args:
        embedding: embedding of the source vocabulary.
        positions: positional encoding, learned as in the paper, or sinusoidal.
        blocks: the stack of blocks; with n blocks of K taps, a state sees n(K − 1) + 1 tokens.
        dropout: dropout rate on the sum of embedding and position.
    """

    def __init__(
        self,
        embedding: TokenEmbedding,
        positions: nn.Module,
        blocks: Iterable[GatedConvolutionBlock],
        dropout: float,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.positions = positions
        self.blocks = nn.ModuleList(blocks)
        self.dropout = Dropout(dropout)

    def forward(self, source: Packed) -> Memory:
        """One hidden state for every source token."""
        embedded = self.numbers(source)
        embedded = self.dropout(embedded + self.positions(source.layout.positions, embedded))
        x = embedded
        for block in self.blocks:
            x = block(x, source.layout)
        states = (x + embedded) * math.sqrt(0.5)
        return Memory(states, source.layout, source.layout.mean(states))

    def numbers(self, source: Packed) -> Float[Tensor, "N E"]:
        """The embedding of every source token."""
        return self.embedding(source.values)
