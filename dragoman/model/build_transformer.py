"""Transformer recipes to encoders and decoders."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from dragoman.decoders.language_transformer import TransformerLanguageDecoder
from dragoman.decoders.text_transformer import TransformerDecoder
from dragoman.encoders.text_transformer import TransformerEncoder
from dragoman.layers.attention.multi_head import CrossAttention, SelfAttention
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.normalization import LayerNorm
from dragoman.layers.output_layer import OutputLayer
from dragoman.layers.transformer.decoder_block import DecoderBlock
from dragoman.layers.transformer.encoder_block import EncoderBlock
from dragoman.layers.transformer.feed_forward import FeedForward
from dragoman.layers.transformer.positional_encoding import LearnedPositions, SinusoidalPositions
from dragoman.layers.transformer.residual import PostNorm, PreNorm, Residual
from dragoman.model.memory_widths import MemoryWidths
from dragoman.recipe.transformer import TransformerRecipe

RESIDUALS: dict[str, type[Residual]] = {"pre": PreNorm, "post": PostNorm}
FINAL_NORMS: dict[str, Callable[[int], nn.Module]] = {"pre": LayerNorm, "post": lambda width: nn.Identity()}
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}
POSITIONS: dict[str, Callable[[int, int], nn.Module]] = {
    "sinusoidal": lambda width, longest: SinusoidalPositions(width),
    "learned": LearnedPositions,
}


def transformer_encoder(recipe: TransformerRecipe, embedding: TokenEmbedding) -> TransformerEncoder:
    """Self-attention over the source."""
    blocks = [
        EncoderBlock(
            _self_attention(recipe, causal=False), _feed_forward(recipe), (_residual(recipe), _residual(recipe))
        )
        for _ in range(recipe.layers)
    ]
    return TransformerEncoder(embedding, _positions(recipe), blocks, _final_norm(recipe), recipe.dropout)


def transformer_decoder(
    recipe: TransformerRecipe, memory: MemoryWidths, embedding: TokenEmbedding, output: OutputLayer
) -> TransformerDecoder:
    """Causal self-attention, and attention to the encoder's hidden states, however wide these are."""
    blocks = [
        DecoderBlock(
            _self_attention(recipe, causal=True),
            CrossAttention(recipe.width, recipe.heads, recipe.attention_dropout, memory.states),
            _feed_forward(recipe),
            (_residual(recipe), _residual(recipe), _residual(recipe)),
        )
        for _ in range(recipe.layers)
    ]
    return TransformerDecoder(embedding, _positions(recipe), blocks, _final_norm(recipe), output, recipe.dropout)


def transformer_language_decoder(
    recipe: TransformerRecipe, embedding: TokenEmbedding, output: OutputLayer
) -> TransformerLanguageDecoder:
    """Causal self-attention alone."""
    blocks = [
        EncoderBlock(
            _self_attention(recipe, causal=True), _feed_forward(recipe), (_residual(recipe), _residual(recipe))
        )
        for _ in range(recipe.layers)
    ]
    norm = _final_norm(recipe)
    return TransformerLanguageDecoder(embedding, _positions(recipe), blocks, norm, output, recipe.dropout)


def _positions(recipe: TransformerRecipe) -> nn.Module:
    return POSITIONS[recipe.positions](recipe.width, recipe.max_positions)


def _final_norm(recipe: TransformerRecipe) -> nn.Module:
    return FINAL_NORMS[recipe.norm](recipe.width)


def _self_attention(recipe: TransformerRecipe, *, causal: bool) -> SelfAttention:
    return SelfAttention(recipe.width, recipe.heads, recipe.attention_dropout, causal=causal)


def _feed_forward(recipe: TransformerRecipe) -> FeedForward:
    return FeedForward(recipe.width, recipe.feed_forward, ACTIVATIONS[recipe.activation], recipe.activation_dropout)


def _residual(recipe: TransformerRecipe) -> Residual:
    return RESIDUALS[recipe.norm](recipe.width, recipe.dropout)
