"""A decoder of text by causal self-attention and attention to the memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import Memory, Packed
from dragoman.decoders.sentence_memory import SentenceMemory
from dragoman.decoders.token_by_token import TokenByToken
from dragoman.layers.attention.indexed import IndexedPast
from dragoman.layers.attention.key_values import KeyValues
from dragoman.layers.dropout import Dropout
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.output_layer import OutputLayer
from dragoman.layers.transformer.decoder_block import DecoderBlock
from dragoman.layers.transformer.embedding_shortcut import EmbeddingShortcut, NoShortcut


@dataclass(frozen=True, slots=True)
class TransformerState:
    """Keys and values of each block: of the tokens so far, and of the memory.

    Attributes:
        length: number of tokens read so far, the same for all rows.
        past: keys and values of the tokens so far for each block, one row per hypothesis; empty before the first step.
        memory: keys and values of the memory, for each block.
    """

    length: int
    past: tuple[KeyValues | IndexedPast, ...]
    memory: SentenceMemory

    def select(self, rows: Int[Tensor, " K"]) -> TransformerState:
        """The state of hypotheses ``rows``."""
        past = tuple(block.select(rows) for block in self.past)
        return TransformerState(self.length, past, self.memory.select(rows.to(self.memory.sentences.device)))


class TransformerDecoder(TokenByToken):
    """Embedding plus position, a stack of blocks, and an output layer (Vaswani et al. 2017, section 3.1).

    >>> from dragoman.contracts import Layout
    >>> from dragoman.layers.attention.multi_head import CrossAttention, SelfAttention
    >>> from dragoman.layers.transformer.feed_forward import FeedForward
    >>> from dragoman.layers.transformer.positional_encoding import SinusoidalPositions
    >>> from dragoman.layers.transformer.residual import PreNorm
    >>> states, source = torch.randn(2, 7, 8), Layout.of([7, 7])
    >>> memory = Memory(source.unpad(states), source, states.mean(1))
    >>> own, cross = SelfAttention(8, 2, 0.0, causal=True), CrossAttention(8, 2, 0.0)
    >>> residuals = PreNorm(8, 0.0), PreNorm(8, 0.0), PreNorm(8, 0.0)
    >>> block = DecoderBlock(own, cross, FeedForward(8, 16, torch.relu, 0.0), residuals)
    >>> embedding, output = TokenEmbedding(100, 8), OutputLayer(8, 100, smoothing=0.1)
    >>> decoder = TransformerDecoder(
    ...     embedding, SinusoidalPositions(8), [block], nn.Identity(), output, 0.0, start_symbol=2
    ... )
    >>> decoder.token_losses(Packed.of([[5, 6, 3], [7, 3]]), memory).shape
    torch.Size([5])

    Args:
        embedding: embedding of the target vocabulary.
        positions: positional encoding, sinusoidal or learned.
        blocks: the stack of blocks.
        norm: normalisation after the stack; the identity where the blocks normalise their results.
        output: output layer over the vocabulary; it may share the weights of the embedding.
        dropout: dropout rate on the sum of embedding and position.
        start_symbol: id of the symbol that is read before the first token of a text.
        shortcut: shortcut from the embedding to every block; None for none.
    """

    def __init__(
        self,
        embedding: TokenEmbedding,
        positions: nn.Module,
        blocks: Iterable[DecoderBlock],
        norm: nn.Module,
        output: OutputLayer,
        dropout: float,
        *,
        start_symbol: int,
        shortcut: EmbeddingShortcut | None = None,
    ) -> None:
        super().__init__(start_symbol)
        self.embedding = embedding
        self.positions = positions
        self.blocks: Sequence[DecoderBlock] = nn.ModuleList(blocks)  # type: ignore[assignment]  # it is one of them
        self.norm = norm
        self.output = output
        self.dropout = Dropout(dropout)
        self.shortcut = shortcut or NoShortcut()

    def forward(self, inputs: Packed, memory: Memory) -> Float[Tensor, "N D"]:
        """The hidden states from which each next token is predicted, for whole rows at once.

        Args:
            inputs: the targets shifted right behind the start symbol.
            memory: the encoder's hidden states, one row per row of ``inputs``.
        """
        x = embedded = self._embedded(inputs)
        for number, block in enumerate(self.blocks):
            x = block(self.shortcut(x, embedded, number), inputs.layout, memory)
        return self.norm(x)

    def states_and_scores(
        self, target: Packed, memory: Memory, layer: int, heads: int
    ) -> tuple[Float[Tensor, "N D"], Float[Tensor, "B H T S"]]:
        """The hidden states, and the scores of one block's attention to the memory; see
        :class:`~dragoman.contracts.encoder_decoder.AttendingDecoder`."""
        inputs = target.shifted(self.start_symbol)
        x = embedded = self._embedded(inputs)
        scores: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            x = self.shortcut(x, embedded, number)
            if number == layer:
                x, found = block.with_scores(x, inputs.layout, memory, heads)
                scores.append(found)
            else:
                x = block(x, inputs.layout, memory)
        return self.norm(x), scores[0]

    def _embedded(self, inputs: Packed) -> Float[Tensor, "N D"]:
        x = self.embedding(inputs.values)
        return self.dropout(x + self.positions(inputs.layout.positions, x))

    def start(self, memory: Memory) -> TransformerState:
        """The state before the first token: one hypothesis per row of the memory."""
        projected = tuple(block.cross_attention.project(memory) for block in self.blocks)
        return TransformerState(0, (), SentenceMemory.of(projected))

    def step(self, tokens: Int[Tensor, " R"], state: TransformerState) -> tuple[Float[Tensor, "R V"], TransformerState]:
        """The unnormalised scores of each next token after ``tokens``."""
        x = self.embedding(tokens)
        x = embedded = self.dropout(x + self.positions(torch.full_like(tokens, state.length), x))
        grown = []
        for index, block in enumerate(self.blocks):
            past = state.past[index] if state.past else None
            x, present = block.step(self.shortcut(x, embedded, index), past, state.memory.blocks[index])
            grown.append(present)
        logits = self.output(self.norm(x))
        return logits, TransformerState(state.length + 1, tuple(grown), state.memory)
