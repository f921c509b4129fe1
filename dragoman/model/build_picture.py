"""Recipes of convolutional networks over pictures to encoders."""

from __future__ import annotations

from dragoman.contracts import PictureSize
from dragoman.encoders.picture_lenet import LeNetEncoder
from dragoman.encoders.picture_residual import ResidualPictureEncoder
from dragoman.layers.convolution.gated_block import GatedConvolutionBlock
from dragoman.model.memory_widths import MemoryWidths
from dragoman.recipe.picture import LeNetRecipe, ResidualRecipe


def lenet_encoder(recipe: LeNetRecipe, size: PictureSize) -> tuple[LeNetEncoder, MemoryWidths]:
    """Two convolutions over pictures of one size."""
    assert size.width is not None, "a recipe of pictures of one size says which"
    channels = (recipe.channels[0], recipe.channels[1])
    encoder = LeNetEncoder(size.channels, size.height, size.width, channels, recipe.hidden, recipe.dropout)
    return encoder, MemoryWidths(recipe.memory_width, recipe.final_width)


def residual_encoder(recipe: ResidualRecipe, size: PictureSize) -> tuple[ResidualPictureEncoder, MemoryWidths]:
    """Residual blocks over pictures of one height."""
    stages = [(channels, 2, 2 if place < recipe.halvings else 1) for place, channels in enumerate(recipe.channels)]
    context = [GatedConvolutionBlock(recipe.width, recipe.taps, recipe.dropout) for _ in range(recipe.context)]
    stem, *blocks = stages
    encoder = ResidualPictureEncoder(size.channels, size.height, stem, blocks, recipe.width, context, recipe.dropout)
    return encoder, MemoryWidths(recipe.width, recipe.width)
