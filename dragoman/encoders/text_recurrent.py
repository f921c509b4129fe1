"""An encoder that reads text by recurrent layers, token by token."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Memory, Packed
from dragoman.layers.dropout import Dropout
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.recurrent.recurrent_stack import RecurrentStack


class RecurrentEncoder(nn.Module):
    """Embedding, then recurrent layers in one or both directions (Sutskever et al. 2014; Bahdanau et al. 2015).

    The final vector, from which a decoder without attention starts, joins the final states of all layers and
    directions.

    >>> from dragoman.layers.recurrent.bidirectional import Bidirectional
    >>> from dragoman.layers.recurrent.lstm import LSTM
    >>> stack = RecurrentStack([Bidirectional(LSTM(8, 16), LSTM(8, 16))], 0.0, residual=False)
    >>> memory = RecurrentEncoder(TokenEmbedding(100, 8), stack, 0.0)(Packed.of([[5, 6, 7], [8, 9]]))
    >>> memory.layout.pad(memory.states).shape, memory.final.shape
    (torch.Size([2, 3, 32]), torch.Size([2, 64]))

    Args:
        embedding: embedding of the source vocabulary.
        layers: the stack of recurrent layers.
        dropout: dropout rate on the embeddings and on the hidden states of the top layer.
    """

    def __init__(self, embedding: TokenEmbedding, layers: RecurrentStack, dropout: float) -> None:
        super().__init__()
        self.embedding = embedding
        self.layers = layers
        self.dropout = Dropout(dropout)

    def forward(self, source: Packed) -> Memory:
        """One hidden state for every source token."""
        x = self.dropout(self.numbers(source))
        hidden, states = self.layers(x, source.layout)
        final = torch.cat([part for state in states for part in state], 1)
        return Memory(self.dropout(hidden), source.layout, final)

    def numbers(self, source: Packed) -> Float[Tensor, "N E"]:
        """The embedding of every source token."""
        return self.embedding(source.values)
