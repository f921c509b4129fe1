"""A language model of Transformer blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import Carried, Packed
from dragoman.decoders.token_by_token import LanguageTokenByToken
from dragoman.layers.attention.indexed import IndexedPast
from dragoman.layers.attention.key_values import KeyValues
from dragoman.layers.dropout import Dropout
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.output_layer import OutputLayer
from dragoman.layers.transformer.embedding_shortcut import EmbeddingShortcut, NoShortcut
from dragoman.layers.transformer.encoder_block import EncoderBlock


@dataclass(frozen=True, slots=True)
class TransformerLanguageState:
    """Keys and values of the tokens so far.

    Attributes:
        length: number of tokens read so far, the same for all rows.
        past: keys and values of each block, one row per text; empty before the first step.
    """

    length: int
    past: tuple[KeyValues | IndexedPast, ...]

    def select(self, rows: Int[Tensor, " K"]) -> TransformerLanguageState:
        """The state of texts ``rows``."""
        return TransformerLanguageState(self.length, tuple(block.select(rows) for block in self.past))


class TransformerLanguageDecoder(LanguageTokenByToken):
    """Embedding plus position, causal blocks, output layer (Radford et al. 2018).

    >>> from dragoman.layers.attention.multi_head import SelfAttention
    >>> from dragoman.layers.transformer.feed_forward import FeedForward
    >>> from dragoman.layers.transformer.positional_encoding import SinusoidalPositions
    >>> from dragoman.layers.transformer.residual import PreNorm
    >>> attention, network = SelfAttention(8, 2, 0.0, causal=True), FeedForward(8, 16, torch.relu, 0.0)
    >>> block = EncoderBlock(attention, network, (PreNorm(8, 0.0), PreNorm(8, 0.0)))
    >>> embedding, output = TokenEmbedding(100, 8), OutputLayer(8, 100, smoothing=0.1)
    >>> decoder = TransformerLanguageDecoder(embedding, SinusoidalPositions(8), [block], nn.Identity(), output, 0.0)
    >>> text = Packed.of([[5, 6, 3], [7, 3]])
    >>> decoder.token_losses(text.shifted(2), text).shape
    torch.Size([5])

    Args:
        embedding: embedding of the vocabulary.
        positions: positional encoding, sinusoidal or learned.
        blocks: the stack of blocks, with causal self-attention.
        norm: normalisation after the stack; the identity where the blocks normalise their results.
        output: output layer over the vocabulary; it may share the weights of the embedding.
        dropout: dropout rate on the sum of embedding and position.
        shortcut: shortcut from the embedding to every block; None for none.
    """

    def __init__(
        self,
        embedding: TokenEmbedding,
        positions: nn.Module,
        blocks: Iterable[EncoderBlock],
        norm: nn.Module,
        output: OutputLayer,
        dropout: float,
        *,
        shortcut: EmbeddingShortcut | None = None,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.positions = positions
        self.blocks: Sequence[EncoderBlock] = nn.ModuleList(blocks)  # type: ignore[assignment]  # it is one of them
        self.norm = norm
        self.output = output
        self.dropout = Dropout(dropout)
        self.shortcut = shortcut or NoShortcut()

    def forward(self, inputs: Packed, carried: Carried) -> tuple[Float[Tensor, "N D"], Carried]:
        """The hidden states from which each next token is predicted; rows are independent, so nothing is carried
        over."""
        x = self.embedding(inputs.values)
        x = embedded = self.dropout(x + self.positions(inputs.layout.positions, x))
        for number, block in enumerate(self.blocks):
            x = block(self.shortcut(x, embedded, number), inputs.layout)
        return self.norm(x), carried

    def start(self, rows: int) -> TransformerLanguageState:
        """The state of ``rows`` texts before their first token, which does not depend on how many there are."""
        del rows
        return TransformerLanguageState(0, ())

    def step(
        self, tokens: Int[Tensor, " R"], state: TransformerLanguageState
    ) -> tuple[Float[Tensor, "R V"], TransformerLanguageState]:
        """The unnormalised scores of each next token after ``tokens``."""
        x = self.embedding(tokens)
        x = embedded = self.dropout(x + self.positions(torch.full_like(tokens, state.length), x))
        grown = []
        for index, block in enumerate(self.blocks):
            x, present = block.step(self.shortcut(x, embedded, index), state.past[index] if state.past else None)
            grown.append(present)
        return self.output(self.norm(x)), TransformerLanguageState(state.length + 1, tuple(grown))
