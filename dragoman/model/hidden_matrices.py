"""Which parameters of a model are matrices of its hidden layers, and how many maps each of them holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from torch import nn

from dragoman.decoders.label import LabelDecoder
from dragoman.decoders.number import NumberDecoder
from dragoman.decoders.word_scores import WordScores
from dragoman.layers.attention.multi_head import Projection
from dragoman.layers.output_layer import OutputLayer
from dragoman.layers.recurrent.gru import GatedRecurrentUnits
from dragoman.layers.recurrent.lstm import LSTM
from dragoman.layers.transformer.positional_encoding import LearnedPositions
from dragoman.layers.transition_scores import TransitionScores


@dataclass(frozen=True, slots=True)
class HiddenMatrix:
    """A parameter that maps numbers of a hidden layer, or of an input, to those of a hidden layer.

    Attributes:
        name: name of the parameter, as ``named_parameters`` gives it.
        parts: number of maps that it holds one below the other, such as those of queries, keys and values.
    """

    name: str
    parts: int


OUTSIDE = (
    nn.Embedding,
    LearnedPositions,
    OutputLayer,
    TransitionScores,
    LabelDecoder,
    NumberDecoder,
    WordScores,
)
"""Modules whose own matrices have a row for each symbol, place, class or number, and are of no hidden layer."""


@singledispatch
def _parts_of(module: nn.Module) -> int:
    """The number of maps that each matrix of a module holds."""
    return 1


@_parts_of.register
def _(module: Projection) -> int:
    return module.parts


@_parts_of.register
def _(module: LSTM) -> int:
    return 4


@_parts_of.register
def _(module: GatedRecurrentUnits) -> int:
    return 3


def hidden_matrices(model: nn.Module) -> list[HiddenMatrix]:
    """The matrices of a model's hidden layers, in the order of ``named_parameters``; kernels of convolutions are
    matrices of one row for each output. A parameter that an input or output layer shares is none of them.

    >>> from dragoman.layers.attention.multi_head import SelfAttention
    >>> hidden_matrices(SelfAttention(8, heads=2, dropout=0.0, causal=True))
    [HiddenMatrix(name='inputs.weight', parts=3), HiddenMatrix(name='output.weight', parts=1)]
    """
    outside: set[int] = set()
    parts: dict[int, int] = {}
    for module in model.modules():
        own = [id(parameter) for parameter in module.parameters(recurse=False) if parameter.ndim >= 2]
        if isinstance(module, OUTSIDE):
            outside.update(own)
        parts.update(dict.fromkeys(own, _parts_of(module)))
    return [
        HiddenMatrix(name, parts[id(parameter)])
        for name, parameter in model.named_parameters()
        if parameter.ndim >= 2 and id(parameter) not in outside
    ]
