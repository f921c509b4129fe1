"""A language model of recurrent layers."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import Carried, Packed
from dragoman.decoders.token_by_token import LanguageTokenByToken
from dragoman.layers.dropout import Dropout
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.output_layer import OutputLayer
from dragoman.layers.recurrent.cell import CellState, no_state
from dragoman.layers.recurrent.recurrent_stack import RecurrentStack


@dataclass(frozen=True, slots=True)
class RecurrentLanguageState:
    """The state of each layer, one row per text."""

    layers: tuple[CellState, ...]

    def select(self, rows: Int[Tensor, " K"]) -> RecurrentLanguageState:
        """The state of texts ``rows``."""
        rows = rows.to(self.layers[0][0].device)
        return RecurrentLanguageState(
            tuple(tuple(part.index_select(0, rows) for part in layer) for layer in self.layers)
        )


class RecurrentLanguageDecoder(LanguageTokenByToken):
    """Embedding, recurrent layers, output layer (Mikolov et al. 2010; Zaremba et al. 2015).

    Back-propagation is truncated between batches: the state is carried over, its gradient is not (Mikolov et al. 2010,
    section 2.2; Williams & Peng 1990).

    >>> from dragoman.layers.recurrent.bidirectional import Unidirectional
    >>> from dragoman.layers.recurrent.lstm import LSTM
    >>> stack = RecurrentStack([Unidirectional(LSTM(8, 8))], 0.0, residual=False)
    >>> output = OutputLayer(8, 100, smoothing=0.1)
    >>> decoder = RecurrentLanguageDecoder(TokenEmbedding(100, 8), stack, nn.Identity(), output, 0.0)
    >>> text = Packed.of([[5, 6, 3], [7, 3]])
    >>> decoder.token_losses(text.shifted(2), text).shape
    torch.Size([5])

    Args:
        embedding: embedding of the vocabulary.
        layers: the stack of recurrent layers.
        readout: map from the top layer's width to the width of the output layer.
        output: output layer over the vocabulary; it may share the weights of the embedding.
        dropout: dropout rate on the embeddings and before the readout.
    """

    def __init__(
        self, embedding: TokenEmbedding, layers: RecurrentStack, readout: nn.Module, output: OutputLayer, dropout: float
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.layers = layers
        self.readout = readout
        self.output = output
        self.dropout = Dropout(dropout)

    def forward(self, inputs: Packed, carried: Carried) -> tuple[Float[Tensor, "N E"], Carried]:
        """The hidden states from which each next token is predicted, and the state after the last of each row.

        Args:
            inputs: for each symbol to be predicted, the symbol before it.
            carried: the state before each row's first symbol, part by part; empty at the beginning of a text.
        """
        x = self.dropout(self.embedding(inputs.values))
        parts = iter(carried)
        before = [tuple(next(parts) for _ in range(layer.cell.parts)) for layer in self.layers.layers if carried]
        hidden, after = self.layers(x, inputs.layout, before or None)
        return self.readout(self.dropout(hidden)), tuple(part.detach() for state in after for part in state)

    def start(self, rows: int) -> RecurrentLanguageState:
        """The state of ``rows`` texts before their first token."""
        like = self.embedding.weight
        return RecurrentLanguageState(tuple(no_state(layer.cell, like, rows) for layer in self.layers.layers))

    def step(
        self, tokens: Int[Tensor, " R"], state: RecurrentLanguageState
    ) -> tuple[Float[Tensor, "R V"], RecurrentLanguageState]:
        """The unnormalised scores of each next token after ``tokens``."""
        hidden, layers = self.layers.step(self.dropout(self.embedding(tokens)), state.layers)
        return self.output(self.readout(self.dropout(hidden))), RecurrentLanguageState(tuple(layers))
