"""Builds encoders from recipes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dragoman.contracts import Encoder, PictureSize, RowSize
from dragoman.encoders.flat import PictureNumbers, RowNumbers
from dragoman.encoders.multilayer_perceptron import MultilayerPerceptron
from dragoman.encoders.picture_lenet import LeNetEncoder
from dragoman.encoders.picture_residual import ResidualPictureEncoder
from dragoman.encoders.text_convolution import ConvolutionalEncoder
from dragoman.encoders.text_recurrent import RecurrentEncoder
from dragoman.encoders.text_transformer import TransformerEncoder
from dragoman.layers.convolution.gated_block import GatedConvolutionBlock
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.recurrent.bidirectional import Bidirectional, Unidirectional
from dragoman.layers.recurrent.recurrent_stack import RecurrentStack
from dragoman.model.build_layers import (
    CELLS,
    PERCEPTRON_ACTIVATIONS,
    POSITIONS,
    embedding_shortcut,
    final_norm,
    positions,
    self_attention_blocks,
)
from dragoman.recipe.convolution import ConvolutionalEncoderRecipe
from dragoman.recipe.perceptron import PerceptronRecipe
from dragoman.recipe.picture import LeNetRecipe, ResidualRecipe
from dragoman.recipe.recurrent import RecurrentEncoderRecipe
from dragoman.recipe.transformer import TransformerRecipe


class MemoryWidths(NamedTuple):
    """The widths of an encoder's :class:`~dragoman.contracts.Memory`, from which a decoder is built.

    Attributes:
        states: width of the hidden states.
        final: width of the final vector of each row.
    """

    states: int
    final: int


def transformer_encoder(recipe: TransformerRecipe, embedding: TokenEmbedding) -> TransformerEncoder:
    """An encoder of self-attention over the source text."""
    blocks = self_attention_blocks(recipe, causal=False)
    shortcut = embedding_shortcut(recipe)
    return TransformerEncoder(
        embedding, positions(recipe), blocks, final_norm(recipe), recipe.dropout, shortcut=shortcut
    )


def recurrent_encoder(recipe: RecurrentEncoderRecipe, embedding: TokenEmbedding) -> RecurrentEncoder:
    """An encoder of recurrent layers over the source text, in one or both directions."""
    cell = CELLS[recipe.kind]
    widths = [recipe.embedding] + [recipe.memory_width] * (recipe.layers - 1)
    if recipe.bidirectional:
        both = [Bidirectional(cell(recipe, width), cell(recipe, width)) for width in widths]
        stack = RecurrentStack(both, recipe.dropout, residual=recipe.residual)
    else:
        one = [Unidirectional(cell(recipe, width)) for width in widths]
        stack = RecurrentStack(one, recipe.dropout, residual=recipe.residual)
    return RecurrentEncoder(embedding, stack, recipe.dropout)


def convolutional_encoder(recipe: ConvolutionalEncoderRecipe, embedding: TokenEmbedding) -> ConvolutionalEncoder:
    """An encoder of gated convolutions over the source text."""
    places = POSITIONS[recipe.positions](recipe.width, recipe.max_positions)
    blocks = [GatedConvolutionBlock(recipe.width, recipe.taps, recipe.dropout) for _ in range(recipe.layers)]
    return ConvolutionalEncoder(embedding, places, blocks, recipe.dropout)


def lenet_encoder(recipe: LeNetRecipe, size: PictureSize) -> tuple[LeNetEncoder, MemoryWidths]:
    """An encoder of two convolutions over pictures of one size, and the widths of its memory."""
    assert size.width is not None, "a recipe of pictures of one size says which"
    channels = (recipe.channels[0], recipe.channels[1])
    encoder = LeNetEncoder(size.channels, size.height, size.width, channels, recipe.hidden, recipe.dropout)
    return encoder, MemoryWidths(recipe.memory_width, recipe.final_width)


def residual_encoder(recipe: ResidualRecipe, size: PictureSize) -> tuple[ResidualPictureEncoder, MemoryWidths]:
    """An encoder of residual blocks over pictures of one height, and the widths of its memory."""
    stages = [(channels, 2, 2 if place < recipe.halvings else 1) for place, channels in enumerate(recipe.channels)]
    context = [GatedConvolutionBlock(recipe.width, recipe.taps, recipe.dropout) for _ in range(recipe.context)]
    stem, *blocks = stages
    encoder = ResidualPictureEncoder(size.channels, size.height, stem, blocks, recipe.width, context, recipe.dropout)
    return encoder, MemoryWidths(recipe.width, recipe.width)


def perceptron_encoder(
    recipe: PerceptronRecipe, size: PictureSize | RowSize
) -> tuple[MultilayerPerceptron, MemoryWidths]:
    """An encoder of fully connected layers over the numbers of a row or the pixels of a picture, and its widths."""
    numbers: PictureNumbers | RowNumbers
    if isinstance(size, PictureSize):
        assert size.width is not None, "a recipe of pictures of one size says which"
        numbers = PictureNumbers(size.channels, size.height, size.width)
    else:
        numbers = RowNumbers(size.numbers, size.categories, recipe.embedding_width or None)
    activation = PERCEPTRON_ACTIVATIONS[recipe.activation]
    encoder = MultilayerPerceptron(numbers, recipe.layers, numbers.outputs, activation, recipe.dropout)
    return encoder, MemoryWidths(encoder.states_width, encoder.states_width)


TEXT_ENCODERS: dict[str, Callable[..., Encoder]] = {
    "transformer": transformer_encoder,
    "rnn": recurrent_encoder,
    "gru": recurrent_encoder,
    "lstm": recurrent_encoder,
    "convolution": convolutional_encoder,
}
PICTURE_AND_ROW_ENCODERS: dict[str, Callable[..., tuple[Encoder, MemoryWidths]]] = {
    "lenet": lenet_encoder,
    "residual": residual_encoder,
    "linear": perceptron_encoder,
    "mlp": perceptron_encoder,
}
"""Functions that build an encoder and give the widths of its memory, which may depend on the size of its inputs."""
