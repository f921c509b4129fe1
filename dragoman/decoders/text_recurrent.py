"""A recurrent decoder of text that starts from the encoder's final vector alone."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import Memory, Packed
from dragoman.decoders.token_by_token import TokenByToken
from dragoman.layers.dropout import Dropout
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.output_layer import OutputLayer
from dragoman.layers.recurrent.bridge import Bridge
from dragoman.layers.recurrent.cell import CellState
from dragoman.layers.recurrent.recurrent_stack import RecurrentStack


@dataclass(frozen=True, slots=True)
class RecurrentState:
    """The state of a recurrent decoder without attention.

    Attributes:
        layers: the state of each layer, one row per hypothesis.
        context: vector that is added to every input, one row per hypothesis.
    """

    layers: tuple[CellState, ...]
    context: Float[Tensor, "R E"]

    def select(self, rows: Int[Tensor, " K"]) -> RecurrentState:
        """The state of hypotheses ``rows``."""
        rows = rows.to(self.context.device)
        layers = tuple(tuple(part.index_select(0, rows) for part in layer) for layer in self.layers)
        return RecurrentState(layers, self.context.index_select(0, rows))


class RecurrentDecoder(TokenByToken):
    """A language model of the target that starts from the source (Sutskever et al. 2014, section 2).

    As in Cho et al. 2014, section 2.2, the source also goes into every step; here as C f added to the embedding, where
    f is the encoder's final vector.

    >>> import torch
    >>> from dragoman.contracts import Layout
    >>> from dragoman.layers.recurrent.bidirectional import Unidirectional
    >>> from dragoman.layers.recurrent.lstm import LSTM
    >>> states, source = torch.randn(2, 7, 8), Layout.of([7, 7])
    >>> memory = Memory(source.unpad(states), source, states.mean(1))
    >>> stack = RecurrentStack([Unidirectional(LSTM(6, 16))], 0.0, residual=False)
    >>> bridge, context, readout = Bridge(8, [[16, 16]]), nn.Linear(8, 6), nn.Linear(16, 6)
    >>> embedding, output = TokenEmbedding(100, 6), OutputLayer(6, 100, smoothing=0.1)
    >>> decoder = RecurrentDecoder(embedding, bridge, context, stack, readout, output, 0.0, start_symbol=2)
    >>> decoder.token_losses(Packed.of([[5, 6, 3], [7, 3]]), memory).shape
    torch.Size([5])

    Args:
        embedding: embedding of the target vocabulary.
        bridge: map from the encoder's final vector to the first state of every layer.
        context: map from the encoder's final vector to the vector that is added to every embedding.
        layers: the stack of recurrent layers.
        readout: map from the top layer's width to the width of the output layer.
        output: output layer over the vocabulary; it may share the weights of the embedding.
        dropout: dropout rate on the embeddings and before the readout.
        start_symbol: id of the symbol that is read before the first token of a text.
    """

    def __init__(
        self,
        embedding: TokenEmbedding,
        bridge: Bridge,
        context: nn.Linear,
        layers: RecurrentStack,
        readout: nn.Module,
        output: OutputLayer,
        dropout: float,
        *,
        start_symbol: int,
    ) -> None:
        super().__init__(start_symbol)
        self.embedding = embedding
        self.bridge = bridge
        self.context = context
        self.layers = layers
        self.readout = readout
        self.output = output
        self.dropout = Dropout(dropout)

    def forward(self, inputs: Packed, memory: Memory) -> Float[Tensor, "N E"]:
        """The hidden states from which each next token is predicted, for whole rows at once."""
        context = self.context(memory.final).index_select(0, inputs.layout.rows)
        x = self.dropout(self.embedding(inputs.values) + context)
        hidden, _ = self.layers(x, inputs.layout, self.bridge(memory.final))
        return self.readout(self.dropout(hidden))

    def start(self, memory: Memory) -> RecurrentState:
        """The state before the first token: one hypothesis per row of the memory."""
        return RecurrentState(tuple(self.bridge(memory.final)), self.context(memory.final))

    def step(self, tokens: Int[Tensor, " R"], state: RecurrentState) -> tuple[Float[Tensor, "R V"], RecurrentState]:
        """The unnormalised scores of each next token after ``tokens``."""
        x = self.dropout(self.embedding(tokens) + state.context)
        hidden, layers = self.layers.step(x, state.layers)
        logits = self.output(self.readout(self.dropout(hidden)))
        return logits, RecurrentState(tuple(layers), state.context)
