"""Recipes of linear and multilayer encoders to modules."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dragoman.contracts import PictureSize, RowSize
from dragoman.encoders.flat import PictureNumbers, RowNumbers
from dragoman.encoders.multilayer_perceptron import MultilayerPerceptron
from dragoman.model.memory_widths import MemoryWidths
from dragoman.recipe.perceptron import PerceptronRecipe

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}


def perceptron_encoder(
    recipe: PerceptronRecipe, size: PictureSize | RowSize
) -> tuple[MultilayerPerceptron, MemoryWidths]:
    """Fully connected layers, or none, over the numbers of a row or the pixels of a picture."""
    numbers: PictureNumbers | RowNumbers
    if isinstance(size, PictureSize):
        assert size.width is not None, "a recipe of pictures of one size says which"
        numbers = PictureNumbers(size.channels, size.height, size.width)
    else:
        numbers = RowNumbers(size.numbers, size.categories, recipe.embedding_width or None)
    widths = recipe.layers
    encoder = MultilayerPerceptron(numbers, widths, numbers.outputs, ACTIVATIONS[recipe.activation], recipe.dropout)
    return encoder, MemoryWidths(encoder.states_width, encoder.states_width)
