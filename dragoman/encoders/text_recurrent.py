"""Text to hidden states, token by token."""

from __future__ import annotations

import torch
from torch import nn

from dragoman.contracts import Memory, Packed
from dragoman.layers.dropout import Dropout
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.recurrent.recurrent_stack import RecurrentStack


class RecurrentEncoder(nn.Module):
    """Embedding, then recurrent layers in one or both directions (Sutskever et al. 2014; Bahdanau et al. 2015).

    What a decoder without attention starts from is the final state of every layer and direction, joined.

    Args:
        embedding: of the source vocabulary.
        layers: the stack.
        dropout: rate on the embeddings and on the hidden states of the top layer.
    """

    def __init__(self, embedding: TokenEmbedding, layers: RecurrentStack, dropout: float) -> None:
        super().__init__()
        self.embedding = embedding
        self.layers = layers
        self.dropout = Dropout(dropout)

    def forward(self, source: Packed) -> Memory:
        """The hidden states of every source token."""
        x = self.dropout(self.embedding(source.values))
        hidden, states = self.layers(x, source.layout)
        final = torch.cat([part for state in states for part in state], 1)
        return Memory(self.dropout(hidden), source.layout, final)
