"""One block of a Transformer decoder."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Layout, Memory
from dragoman.layers.attention.indexed import IndexedMemory, IndexedPast
from dragoman.layers.attention.key_values import KeyValues
from dragoman.layers.attention.multi_head import CrossAttention, SelfAttention
from dragoman.layers.transformer.feed_forward import FeedForward
from dragoman.layers.transformer.residual import Residual


class DecoderBlock(nn.Module):
    """Causal self-attention, attention to the memory, feed-forward network (Vaswani et al. 2017, figure 1).

    >>> import torch
    >>> from dragoman.layers.transformer.residual import PreNorm
    >>> source, target = Layout.of([7, 7]), Layout.of([5, 5])
    >>> states = torch.randn(2, 7, 8)
    >>> memory = Memory(source.unpad(states), source, states.mean(1))
    >>> own, cross = SelfAttention(8, 2, 0.0, causal=True), CrossAttention(8, 2, 0.0)
    >>> residuals = PreNorm(8, 0.0), PreNorm(8, 0.0), PreNorm(8, 0.0)
    >>> block = DecoderBlock(own, cross, FeedForward(8, 16, torch.relu, 0.0), residuals)
    >>> target.pad(block(target.unpad(torch.randn(2, 5, 8)), target, memory)).shape
    torch.Size([2, 5, 8])

    Args:
        self_attention: causal self-attention.
        cross_attention: attention to the encoder's hidden states.
        feed_forward: position-wise network.
        residuals: residual connection and normalisation around each of the three.
    """

    def __init__(
        self,
        self_attention: SelfAttention,
        cross_attention: CrossAttention,
        feed_forward: FeedForward,
        residuals: tuple[Residual, Residual, Residual],
    ) -> None:
        super().__init__()
        self.self_attention = self_attention
        self.cross_attention = cross_attention
        self.feed_forward = feed_forward
        self.around_self_attention, self.around_cross_attention, self.around_feed_forward = residuals

    def forward(self, x: Float[Tensor, "N D"], layout: Layout, memory: Memory) -> Float[Tensor, "N D"]:
        """The hidden states of whole rows after the block."""
        x = self.around_self_attention(x, lambda y: self.self_attention(y, layout))
        x = self.around_cross_attention(x, lambda y: self.cross_attention(y, layout, memory))
        return self.around_feed_forward(x, self.feed_forward)

    def with_scores(
        self, x: Float[Tensor, "N D"], layout: Layout, memory: Memory, heads: int
    ) -> tuple[Float[Tensor, "N D"], Float[Tensor, "B H T S"]]:
        """The hidden states after the block, and the scores of the first heads of its attention to the memory."""
        scores: list[Tensor] = []

        def attend_to_memory(y: Tensor) -> Tensor:
            attended, found = self.cross_attention.with_scores(y, layout, memory, heads)
            scores.append(found)
            return attended

        x = self.around_self_attention(x, lambda y: self.self_attention(y, layout))
        x = self.around_cross_attention(x, attend_to_memory)
        return self.around_feed_forward(x, self.feed_forward), scores[0]

    def step(
        self, x: Float[Tensor, "R D"], past: KeyValues | IndexedPast | None, memory: KeyValues | IndexedMemory
    ) -> tuple[Float[Tensor, "R D"], KeyValues | IndexedPast]:
        """The hidden states at one more position of each hypothesis, and the keys and values up to it."""
        grown: list[KeyValues | IndexedPast] = []

        def attend_to_past(y: Tensor) -> Tensor:
            attended, present = self.self_attention.step(y, past)
            grown.append(present)
            return attended

        x = self.around_self_attention(x, attend_to_past)
        x = self.around_cross_attention(x, lambda y: self.cross_attention.step(y, memory))
        return self.around_feed_forward(x, self.feed_forward), grown[0]
