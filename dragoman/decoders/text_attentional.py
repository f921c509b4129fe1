"""A recurrent decoder of text that attends to the memory at every step."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import Memory, Packed
from dragoman.decoders.attentional_parts import AttentionalParts
from dragoman.decoders.sentence_memory import SentenceMemory
from dragoman.layers.recurrent.cell import CellState


@dataclass(frozen=True, slots=True)
class AttentionalState:
    """The state of a recurrent decoder with attention.

    Attributes:
        layers: the state of each layer, one row per hypothesis.
        memory: keys and values that it attends to.
    """

    layers: tuple[CellState, ...]
    memory: SentenceMemory

    def select(self, rows: Int[Tensor, " K"]) -> AttentionalState:
        """The state of hypotheses ``rows``."""
        rows = rows.to(self.memory.sentences.device)
        layers = tuple(tuple(part.index_select(0, rows) for part in layer) for layer in self.layers)
        return AttentionalState(layers, self.memory.select(rows))


class AttentionalDecoder(AttentionalParts):
    """The recurrent layers read the target; then every state attends to the memory (Luong et al. 2015, section 3).

    The recurrence does not depend on the context vectors, so in training all positions attend at once.

    >>> import torch
    >>> from dragoman.contracts import Layout
    >>> from dragoman.decoders.attentional_parts import AttentionalVector
    >>> from dragoman.layers.attention.additive import AdditiveAttention
    >>> from dragoman.layers.embedding import TokenEmbedding
    >>> from dragoman.layers.output_layer import OutputLayer
    >>> from dragoman.layers.recurrent.bidirectional import Unidirectional
    >>> from dragoman.layers.recurrent.bridge import Bridge
    >>> from dragoman.layers.recurrent.lstm import LSTM
    >>> from dragoman.layers.recurrent.recurrent_stack import RecurrentStack
    >>> states, source = torch.randn(2, 7, 8), Layout.of([7, 7])
    >>> memory = Memory(source.unpad(states), source, states.mean(1))
    >>> stack = RecurrentStack([Unidirectional(LSTM(6, 16))], 0.0, residual=False)
    >>> attention, join = AdditiveAttention(16, 8, 16, 0.0), AttentionalVector(8, 16, 6)
    >>> embedding, output = TokenEmbedding(100, 6), OutputLayer(6, 100, smoothing=0.1)
    >>> decoder = AttentionalDecoder(
    ...     embedding, Bridge(8, [[16, 16]]), stack, attention, join, output, 0.0, start_symbol=2
    ... )
    >>> decoder.token_losses(Packed.of([[5, 6, 3], [7, 3]]), memory).shape
    torch.Size([5])
    """

    def vectors_and_queries(self, inputs: Packed, memory: Memory) -> tuple[Float[Tensor, "N E"], Float[Tensor, "N D"]]:
        """The vectors from which each next token is predicted, and the states that attend to the memory."""
        x = self.dropout(self.embedding(inputs.values))
        hidden, _ = self.layers(x, inputs.layout, self.bridge(memory.final))
        context = self.attention(hidden, inputs.layout, memory)
        return self.dropout(self.join(context, hidden)), hidden

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
