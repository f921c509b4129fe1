"""Recipes to decoders that do not predict token by token."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from dragoman.decoders.alignment import AlignmentDecoder
from dragoman.decoders.label import LabelDecoder
from dragoman.decoders.number import NumberDecoder
from dragoman.layers.regression_loss import HuberLoss, absolute_loss, squared_loss
from dragoman.model.memory_widths import MemoryWidths
from dragoman.recipe.perceptron import AlignmentDecoderRecipe, LabelDecoderRecipe, NumberDecoderRecipe

LOSSES: dict[str, Callable[[float], Callable[[Tensor, Tensor], Tensor]]] = {
    "squared": lambda delta: squared_loss,
    "absolute": lambda delta: absolute_loss,
    "huber": HuberLoss,
}


def alignment_decoder(
    recipe: AlignmentDecoderRecipe, memory: MemoryWidths, symbols: int, class_weights: Sequence[float] | None
) -> AlignmentDecoder:
    """A symbol or nothing at each place of the memory."""
    del recipe, class_weights
    return AlignmentDecoder(nn.Linear(memory.states, symbols))


def label_decoder(
    recipe: LabelDecoderRecipe, memory: MemoryWidths, classes: int, class_weights: Sequence[float] | None
) -> LabelDecoder:
    """Softmax regression on the memory's one vector."""
    del recipe
    return LabelDecoder(memory.final, classes, None if class_weights is None else torch.tensor(class_weights))


def number_decoder(
    recipe: NumberDecoderRecipe, memory: MemoryWidths, classes: int, class_weights: Sequence[float] | None
) -> NumberDecoder:
    """Linear regression on the memory's one vector."""
    del classes, class_weights
    return NumberDecoder(memory.final, LOSSES[recipe.loss](recipe.delta))
