"""One block of a Transformer encoder."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Layout
from dragoman.layers.attention.indexed import IndexedPast
from dragoman.layers.attention.key_values import KeyValues
from dragoman.layers.attention.multi_head import SelfAttention
from dragoman.layers.transformer.feed_forward import FeedForward
from dragoman.layers.transformer.residual import Residual


class EncoderBlock(nn.Module):
    """Self-attention, then a feed-forward network, each with its residual connection (Vaswani et al. 2017, figure 1).

    With causal self-attention it is the block of a language model (Radford et al. 2018).

    >>> import torch
    >>> from dragoman.layers.transformer.residual import PreNorm
    >>> x, layout = torch.randn(2, 5, 8), Layout.of([5, 5])
    >>> attention, network = SelfAttention(8, 2, 0.0, causal=False), FeedForward(8, 16, torch.relu, 0.0)
    >>> block = EncoderBlock(attention, network, (PreNorm(8, 0.0), PreNorm(8, 0.0)))
    >>> layout.pad(block(layout.unpad(x), layout)).shape
    torch.Size([2, 5, 8])

    Args:
        attention: self-attention, bidirectional in an encoder.
        feed_forward: position-wise network.
        residuals: residual connection and normalisation around the first and the second.
    """

    def __init__(
        self, attention: SelfAttention, feed_forward: FeedForward, residuals: tuple[Residual, Residual]
    ) -> None:
        super().__init__()
        self.attention = attention
        self.feed_forward = feed_forward
        self.around_attention, self.around_feed_forward = residuals

    def forward(self, x: Float[Tensor, "N D"], layout: Layout) -> Float[Tensor, "N D"]:
        """The hidden states after the block."""
        x = self.around_attention(x, lambda y: self.attention(y, layout))
        return self.around_feed_forward(x, self.feed_forward)

    def step(
        self, x: Float[Tensor, "R D"], past: KeyValues | IndexedPast | None
    ) -> tuple[Float[Tensor, "R D"], KeyValues | IndexedPast]:
        """The hidden states at one more position of each row, and the keys and values up to it; only if causal."""
        grown: list[KeyValues | IndexedPast] = []

        def attend_to_past(y: Tensor) -> Tensor:
            attended, present = self.attention.step(y, past)
            grown.append(present)
            return attended

        x = self.around_attention(x, attend_to_past)
        return self.around_feed_forward(x, self.feed_forward), grown[0]
