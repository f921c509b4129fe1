"""The parts of recurrent decoders with attention."""

from __future__ import annotations

from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Memory, Packed
from dragoman.decoders.token_by_token import TokenByToken
from dragoman.layers.attention.memory_attention import MemoryAttention
from dragoman.layers.dropout import Dropout
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.output_layer import OutputLayer
from dragoman.layers.recurrent.bridge import Bridge
from dragoman.layers.recurrent.recurrent_stack import RecurrentStack


class AttentionalVector(nn.Module):
    """h̃_t = tanh(W_c [c_t; h_t]) (Luong et al. 2015, eq. 5), with a bias.

    >>> AttentionalVector(context=8, hidden=16, width=6)(torch.randn(5, 8), torch.randn(5, 16)).shape
    torch.Size([5, 6])

    Args:
        context: width of the context vector c_t.
        hidden: width of the decoder's state h_t.
        width: width of the attentional vector h̃_t.
    """

    def __init__(self, context: int, hidden: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(context + hidden, width)
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, context: Float[Tensor, "N C"], hidden: Float[Tensor, "N D"]) -> Float[Tensor, "N E"]:
        """The attentional vectors, which the output layer reads."""
        return torch.tanh(self.linear(torch.cat([context, hidden], 1)))


class AttentionalParts(TokenByToken):
    """The layers of a recurrent decoder with attention, whatever the order in which it uses them.

    Args:
        embedding: embedding of the target vocabulary.
        bridge: map from the encoder's final vector to the first state of every layer.
        layers: the stack of recurrent layers.
        attention: attention of the top layer's states to the memory.
        join: map from context vector and state to the attentional vector, which the output layer reads.
        output: output layer over the vocabulary; it may share the weights of the embedding.
        dropout: dropout rate on the embeddings and before the output layer.
        start_symbol: id of the symbol that is read before the first token of a text.
    """

    def __init__(
        self,
        embedding: TokenEmbedding,
        bridge: Bridge,
        layers: RecurrentStack,
        attention: MemoryAttention,
        join: AttentionalVector,
        output: OutputLayer,
        dropout: float,
        *,
        start_symbol: int,
    ) -> None:
        super().__init__(start_symbol)
        self.embedding = embedding
        self.bridge = bridge
        self.layers = layers
        self.attention = attention
        self.join = join
        self.output = output
        self.dropout = Dropout(dropout)

    def states_and_scores(
        self, target: Packed, memory: Memory, layer: int, heads: int
    ) -> tuple[Float[Tensor, "N E"], Float[Tensor, "B H T S"]]:
        """The vectors from which each token is predicted, and the scores of the one attention to the memory; see
        :class:`~dragoman.contracts.encoder_decoder.AttendingDecoder`."""
        del layer
        inputs = target.shifted(self.start_symbol)
        vectors, queries = self.vectors_and_queries(inputs, memory)
        return vectors, self.attention.scores(queries, inputs.layout, memory)[:, :heads]

    def forward(self, inputs: Packed, memory: Memory) -> Float[Tensor, "N E"]:
        """The vectors from which each next token is predicted, for whole rows at once."""
        return self.vectors_and_queries(inputs, memory)[0]

    @abstractmethod
    def vectors_and_queries(self, inputs: Packed, memory: Memory) -> tuple[Float[Tensor, "N E"], Float[Tensor, "N D"]]:
        """The vectors from which each next token is predicted, and the states of the top layer, which attend to the
        memory."""
