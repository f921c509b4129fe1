"""A recurrent decoder of text that reads what it attended to in the step before."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import Memory, Packed
from dragoman.decoders.attentional_parts import AttentionalParts
from dragoman.decoders.sentence_memory import SentenceMemory
from dragoman.layers.attention.indexed import IndexedMemory
from dragoman.layers.attention.key_values import KeyValues
from dragoman.layers.recurrent.cell import CellState
from dragoman.layers.recurrent.time_major import TimeMajor


@dataclass(frozen=True, slots=True)
class InputFeedingState:
    """The state of a recurrent decoder with input feeding.

    Attributes:
        layers: the state of each layer, one row per hypothesis.
        fed: the attentional vector of the step before, one row per hypothesis.
        memory: keys and values that it attends to.
    """

    layers: tuple[CellState, ...]
    fed: Float[Tensor, "R E"]
    memory: SentenceMemory

    def select(self, rows: Int[Tensor, " K"]) -> InputFeedingState:
        """The state of hypotheses ``rows``."""
        rows = rows.to(self.fed.device)
        layers = tuple(tuple(part.index_select(0, rows) for part in layer) for layer in self.layers)
        return InputFeedingState(layers, self.fed.index_select(0, rows), self.memory.select(rows))


class InputFeedingDecoder(AttentionalParts):
    """The attentional vector is joined to the next input (Luong et al. 2015, section 3.3), so that the decoder knows
    which source words it has translated already. Steps then depend on each other through the attention: training goes
    step by step, but what does not depend on the step before (keys, the embeddings' part of the gates) is computed at
    once.

    The lowest layer reads embedding and attentional vector side by side.

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
    >>> stack = RecurrentStack([Unidirectional(LSTM(12, 16))], 0.0, residual=False)
    >>> attention, join = AdditiveAttention(16, 8, 16, 0.0), AttentionalVector(8, 16, 6)
    >>> embedding, output = TokenEmbedding(100, 6), OutputLayer(6, 100, smoothing=0.1)
    >>> decoder = InputFeedingDecoder(
    ...     embedding, Bridge(8, [[16, 16]]), stack, attention, join, output, 0.0, start_symbol=2
    ... )
    >>> decoder.token_losses(Packed.of([[5, 6, 3], [7, 3]]), memory).shape
    torch.Size([5])
    """

    @property
    def fed_width(self) -> int:
        """The width of the attentional vector."""
        return self.join.linear.out_features

    def vectors_and_queries(self, inputs: Packed, memory: Memory) -> tuple[Float[Tensor, "N E"], Float[Tensor, "N D"]]:
        """The vectors from which each next token is predicted, and the states that attend to the memory."""
        order = TimeMajor.of(inputs.layout)
        x = order.arrange(self.dropout(self.embedding(inputs.values)))
        keys = self.attention.project(memory).select(order.rows)
        states = [tuple(part.index_select(0, order.rows) for part in state) for state in self.bridge(memory.final)]
        fed = x.new_zeros((len(order.rows), self.fed_width))
        of_embedding, of_fed = self._lowest()
        projected = F.linear(x, of_embedding, self.layers.layers[0].cell.bias)
        vectors, queries = [], []
        for gates in torch.split(projected, order.sizes.tolist()):
            if len(gates) < len(fed):
                fed, keys = fed[: len(gates)], keys.first(len(gates))
                states = [tuple(part[: len(gates)] for part in state) for state in states]
            fed, hidden, states = self._step(torch.addmm(gates, fed, of_fed.t()), states, keys)
            vectors.append(fed)
            queries.append(hidden)
        return order.restore(torch.cat(vectors)), order.restore(torch.cat(queries))

    def start(self, memory: Memory) -> InputFeedingState:
        """The state before the first token: one hypothesis per row of the memory."""
        projected = SentenceMemory.of((self.attention.project(memory),))
        fed = memory.states.new_zeros((memory.layout.batch, self.fed_width))
        return InputFeedingState(tuple(self.bridge(memory.final)), fed, projected)

    def step(
        self, tokens: Int[Tensor, " R"], state: InputFeedingState
    ) -> tuple[Float[Tensor, "R V"], InputFeedingState]:
        """The unnormalised scores of each next token after ``tokens``."""
        x = self.dropout(self.embedding(tokens))
        of_embedding, of_fed = self._lowest()
        inputs = F.linear(x, of_embedding, self.layers.layers[0].cell.bias)
        gates = torch.addmm(inputs, state.fed, of_fed.t())
        fed, _, layers = self._step(gates, list(state.layers), state.memory.blocks[0])
        return self.output(fed), InputFeedingState(tuple(layers), fed, state.memory)

    def _lowest(self) -> tuple[Tensor, Tensor]:
        """The two parts of the lowest layer's input matrix: for the embedding and for the attentional vector."""
        weight = self.layers.layers[0].cell.weight_input
        of_embedding, of_fed = torch.split(weight, [weight.shape[1] - self.fed_width, self.fed_width], 1)
        return of_embedding, of_fed

    def _step(
        self, gates: Float[Tensor, "R G"], states: list[CellState], keys: KeyValues | IndexedMemory
    ) -> tuple[Float[Tensor, "R E"], Float[Tensor, "R D"], list[CellState]]:
        """The attentional vector, the top layer's state and all states after one step, from the projected input."""
        hidden, states = self.layers.step_projected(gates, states)
        return self.dropout(self.join(self.attention.step(hidden, keys), hidden)), hidden, states
