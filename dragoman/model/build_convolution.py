"""Convolutional recipes to encoders."""

from __future__ import annotations

from dragoman.encoders.text_convolution import ConvolutionalEncoder
from dragoman.layers.convolution.gated_block import GatedConvolutionBlock
from dragoman.layers.embedding import TokenEmbedding
from dragoman.model.build_transformer import POSITIONS
from dragoman.recipe.convolution import ConvolutionalEncoderRecipe


def convolutional_encoder(recipe: ConvolutionalEncoderRecipe, embedding: TokenEmbedding) -> ConvolutionalEncoder:
    """Gated convolutions over the source."""
    positions = POSITIONS[recipe.positions](recipe.width, recipe.max_positions)
    blocks = [GatedConvolutionBlock(recipe.width, recipe.taps, recipe.dropout) for _ in range(recipe.layers)]
    return ConvolutionalEncoder(embedding, positions, blocks, recipe.dropout)
