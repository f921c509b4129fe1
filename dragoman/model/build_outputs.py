"""Recipes to decoders that do not predict token by token."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dragoman.decoders.ctc import CTCDecoder
from dragoman.decoders.label import LabelDecoder
from dragoman.decoders.number import NumberDecoder
from dragoman.layers.regression_loss import HuberLoss, absolute_loss, squared_loss
from dragoman.model.memory_widths import MemoryWidths
from dragoman.model.objective import Objective
from dragoman.recipe.perceptron import NumberDecoderRecipe

LOSSES: dict[str, Callable[[float], Callable[[Tensor, Tensor], Tensor]]] = {
    "squared": lambda delta: squared_loss,
    "absolute": lambda delta: absolute_loss,
    "huber": HuberLoss,
}


def ctc_decoder(memory: MemoryWidths, symbols: int) -> CTCDecoder:
    """A symbol or nothing at each place of the memory."""
    return CTCDecoder(nn.Linear(memory.states, symbols))


def label_decoder(memory: MemoryWidths, classes: int, objective: Objective) -> LabelDecoder:
    """Softmax regression on the memory's one vector."""
    weights = None if objective.class_weights is None else torch.tensor(objective.class_weights)
    return LabelDecoder(memory.final, classes, objective.smoothing, weights)


def number_decoder(recipe: NumberDecoderRecipe, memory: MemoryWidths) -> NumberDecoder:
    """Linear regression on the memory's one vector."""
    return NumberDecoder(memory.final, LOSSES[recipe.loss](recipe.delta))
