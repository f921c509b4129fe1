"""Hidden states to text by a recurrent network that looks at the memory at every step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import Memory, Packed
from dragoman.decoders.sentence_memory import SentenceMemory
from dragoman.layers.attention.memory_attention import MemoryAttention
from dragoman.layers.dropout import Dropout
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.recurrent.bridge import Bridge
from dragoman.layers.recurrent.cell import CellState
from dragoman.layers.recurrent.deep import Deep


@dataclass(frozen=True, slots=True)
class AttentionalState:
    """All that a recurrent decoder with attention knows.

    Attributes:
        layers: the state of each layer, one row per hypothesis.
        memory: what it looks up.
    """

    layers: tuple[CellState, ...]
    memory: SentenceMemory

    def select(self, rows: Int[Tensor, " K"]) -> AttentionalState:
        """The state of hypotheses ``rows``."""
        rows = rows.to(self.memory.sentences.device)
        layers = tuple(tuple(part.index_select(0, rows) for part in layer) for layer in self.layers)
        return AttentionalState(layers, self.memory.select(rows))


class AttentionalVector(nn.Module):
    """h̃_t = tanh(W_c [c_t; h_t]) (Luong et al. 2015, eq. 5), with a bias.

    Args:
        context: width of the context c_t.
        hidden: width of the decoder's state h_t.
        width: of the result.
    """

    def __init__(self, context: int, hidden: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(context + hidden, width)
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, context: Float[Tensor, "N C"], hidden: Float[Tensor, "N D"]) -> Float[Tensor, "N E"]:
        """What the output layer reads."""
        return torch.tanh(self.linear(torch.cat([context, hidden], 1)))


class AttentionalDecoder(nn.Module):
    """The recurrent layers read the target; then every state looks at the memory (Luong et al. 2015, section 3).

    The recurrence does not depend on what the attention finds, so in training all positions attend at once.

    Args:
        embedding: of the target vocabulary.
        bridge: from the encoder's final vector to the first state of every layer.
        layers: the stack.
        attention: from the top layer's states to the memory.
        join: context and state to what the output layer reads.
        output: to the vocabulary; its weight may be the embedding's.
        dropout: rate on the embeddings and before the output layer.
    """

    def __init__(
        self,
        embedding: TokenEmbedding,
        bridge: Bridge,
        layers: Deep,
        attention: MemoryAttention,
        join: AttentionalVector,
        output: nn.Linear,
        dropout: float,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.bridge = bridge
        self.layers = layers
        self.attention = attention
        self.join = join
        self.output = output
        self.dropout = Dropout(dropout)

    def forward(self, inputs: Packed, memory: Memory) -> Float[Tensor, "N E"]:
        """The vectors from which each next token is predicted, for whole rows at once."""
        x = self.dropout(self.embedding(inputs.values))
        hidden, _ = self.layers(x, inputs.layout, self.bridge(memory.final))
        context = self.attention(hidden, inputs.layout, self.attention.project(memory))
        return self.dropout(self.join(context, hidden))

    def start(self, memory: Memory) -> AttentionalState:
        """The state before the first token: one hypothesis per row of the memory."""
        projected = SentenceMemory.of((self.attention.project(memory),))
        return AttentionalState(tuple(self.bridge(memory.final)), projected)

    def step(self, tokens: Int[Tensor, " R"], state: AttentionalState) -> tuple[Float[Tensor, "R V"], AttentionalState]:
        """The unnormalised scores of each next token after ``tokens``."""
        x = self.dropout(self.embedding(tokens))
        hidden, layers = self.layers.step(x, state.layers)
        context = self.attention.step(hidden, state.memory.blocks[0])
        logits = self.output(self.dropout(self.join(context, hidden)))
        return logits, AttentionalState(tuple(layers), state.memory)
