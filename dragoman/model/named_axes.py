"""The axes of a model's weights whose indices have names: symbols, labels, tags, the numbers of a table's row.

Two models that know different symbols can share what they learnt of those that both know, if it is told which row of a
matrix stands for which symbol.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from torch import nn

from dragoman.contracts.expect import expect
from dragoman.decoders.ctc import CTCDecoder
from dragoman.decoders.label import LabelDecoder
from dragoman.decoders.word_scores import WordScores
from dragoman.encoders.flat import RowNumbers
from dragoman.encoders.multilayer_perceptron import MultilayerPerceptron
from dragoman.fields.columns import CategoricalColumn
from dragoman.fields.field import SourceField, TargetField
from dragoman.fields.label import LabelField
from dragoman.fields.row import RowField
from dragoman.fields.tags import TagField
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.output_layer import OutputLayer
from dragoman.layers.transformer.positional_encoding import LearnedPositions
from dragoman.layers.transition_scores import TransitionScores
from dragoman.model.build import Model
from dragoman.text.codec import Codec
from dragoman.text.placeholders import CLOSING_TAGS, OPENING_TAGS, VARIABLES


class Beginning(Enum):
    """What the weights of a name begin with that no other model knows."""

    MEAN = "mean"
    """The mean of those that stand for names alike. A softmax over outputs so gives a new one no more than the mean of
    the others, and no input changes its most probable output by it (Hewitt 2021, "Initializing New Word Embeddings for
    Pretrained Language Models")."""
    ZERO = "zero"
    """Zero, so that the model takes no notice of a new input at first."""
    USUAL = "usual"
    """What the layer itself begins with."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The names along an axis of a tensor.

    Attributes:
        what: plural noun for what the names are of, such as ``source symbols``.
        names: the name of each index.
        alike: for each index, a group of names that are alike.
        begins: the value of weights whose names are new.
    """

    what: str
    names: tuple[Hashable, ...]
    alike: tuple[str, ...]
    begins: Beginning

    @classmethod
    def of(cls, what: str, names: tuple[Hashable, ...], begins: Beginning = Beginning.MEAN) -> Axis:
        """An axis all of whose names are alike."""
        return cls(what, names, ("",) * len(names), begins)


@dataclass(frozen=True, slots=True)
class Named:
    """A tensor some of whose axes have names.

    Attributes:
        key: name by which the same tensor of another model is found.
        axes: each axis of the tensor; None for one without names, such as the width of a hidden state.
    """

    key: str
    axes: tuple[Axis | None, ...]


def named_axes(model: Model, source: SourceField, target: TargetField) -> dict[str, Named]:
    """The tensors of a model that have an axis with names, by the names of the tensors; one that several layers share
    stands there under each of its names.

    >>> from dragoman.model.folder import load_model
    >>> loaded = load_model("runs/demo/best")
    >>> named = named_axes(loaded.model, loaded.source, loaded.target)
    >>> [axis.what if axis else None for axis in named["encoder.embedding.embedding.weight"].axes]
    ['symbols', None]

    Args:
        model: the model.
        source: field of its inputs.
        target: field of its outputs.
    """
    found: dict[str, Named] = {}
    inputs: Axis | None = None
    modules = list(model.named_modules(remove_duplicate=False))
    embeddings = [(_half(name), id(module)) for name, module in modules if isinstance(module, TokenEmbedding)]
    shared = len(set(embeddings)) > len({module for _, module in embeddings})
    sides = {
        "encoder": _Side("" if shared else "source ", source),
        "decoder": _Side("" if shared else "target ", target),
    }
    for name, module in modules:
        if isinstance(module, MultilayerPerceptron) and isinstance(module.numbers, RowNumbers):
            inputs = _row_axis(module.numbers, expect(source, RowField))
            if len(module.hidden.weights):
                found[f"{name}.hidden.weights.0"] = Named(f"{name}.hidden.weights.0", (None, inputs))
                inputs = None
        for kind, axes in _AXES.items():
            if isinstance(module, kind):
                side = sides[_half(name)]
                found |= {f"{name}.{key}": Named(f"{name}.{key}", named) for key, named in axes(module, side).items()}
        if isinstance(module, RowNumbers):
            found |= dict(_category_tables(name, module, expect(source, RowField)))
    if inputs is not None:
        # Without a hidden layer the decoder reads the numbers of the row themselves.
        weight = found.get("decoder.weight", Named("decoder.weight", (None, None)))
        found["decoder.weight"] = Named(weight.key, (weight.axes[0], inputs))
    return found


def _half(name: str) -> str:
    """The half of a model that a module belongs to."""
    return "encoder" if name.startswith("encoder.") else "decoder"


@dataclass(frozen=True, slots=True)
class _Side:
    """A side of a model.

    Attributes:
        name: adjective for its symbols, with a space behind it; empty if both sides share one embedding.
        field: field of what goes in or comes out there.
    """

    name: str
    field: SourceField | TargetField


def _symbols(side: _Side) -> Axis:
    vocabulary = expect(side.field, Codec).tokenizer.vocabulary
    special = vocabulary.special
    names: list[Hashable] = list(vocabulary.symbols)
    groups = [_GROUPS.get(symbol, "text") for symbol in vocabulary.symbols]
    for byte in vocabulary.byte_ids:
        groups[byte] = "byte"
    roles = {"padding": special.padding, "unknown": special.unknown, "start": special.start, "end": special.end}
    for role, number in roles.items():
        if number is not None:
            names[number], groups[number] = ("special", role), "special"
    return Axis(f"{side.name}symbols", tuple(names), tuple(groups), Beginning.MEAN)


_GROUPS = {
    **dict.fromkeys(VARIABLES, "variable"),
    **dict.fromkeys(OPENING_TAGS, "opening tag"),
    **dict.fromkeys(CLOSING_TAGS, "closing tag"),
}


def _row_axis(numbers: RowNumbers, field: RowField) -> Axis:
    """The numbers that a row becomes: those of numeric and date columns, then those of each categorical column."""
    names: list[Hashable] = []
    for column in field.columns:
        if not isinstance(column, CategoricalColumn):
            parts = range(column.width - column.has_missing)
            names += [(column.name, part) for part in parts]
            names += [(column.name, "missing")] if column.has_missing else []
    categorical = (column for column in field.columns if isinstance(column, CategoricalColumn))
    for column, width in zip(categorical, numbers.widths, strict=True):
        learnt = numbers.embeddings is not None
        names += [(column.name, "vector", part) for part in range(width)] if learnt else _categories(column)[:-1]
    return Axis.of("numbers of a row", tuple(names), Beginning.ZERO)


def _categories(column: CategoricalColumn) -> list[Hashable]:
    missing: list[Hashable] = [(column.name, "missing")] if column.has_missing else []
    return [*((column.name, "value", value) for value in column.values), *missing, (column.name, "other")]


def _category_tables(name: str, module: RowNumbers, field: RowField) -> Iterator[tuple[str, Named]]:
    """The learnt vectors of each categorical column, which are found by the column's name."""
    categorical = [column for column in field.columns if isinstance(column, CategoricalColumn)]
    for number, column in enumerate(categorical if module.embeddings is not None else ()):
        axis = Axis.of(f"values of column {column.name}", tuple(_categories(column)), Beginning.ZERO)
        yield f"{name}.embeddings.{number}.weight", Named(f"{name}.embeddings[{column.name}]", (axis, None))


Axes = dict[str, tuple[Axis | None, ...]]


def _embedding(module: nn.Module, side: _Side) -> Axes:
    del module
    return {"embedding.weight": (_symbols(side), None)}


def _output(module: nn.Module, side: _Side) -> Axes:
    del module
    axis = _symbols(side)
    return {"weight": (axis, None), "bias": (axis,)}


def _ctc(module: nn.Module, side: _Side) -> Axes:
    return {f"output.{name}": axes for name, axes in _output(module, side).items()}


def _labels(module: nn.Module, side: _Side) -> Axes:
    del module
    axis = Axis.of("labels", expect(side.field, LabelField).names)
    return {"weight": (axis, None), "bias": (axis,)}


def _tags(module: nn.Module, side: _Side) -> Axes:
    del module
    axis = Axis.of("tags", expect(side.field, TagField).names)
    return {"weight": (axis, None), "bias": (axis,)}


def _transitions(module: nn.Module, side: _Side) -> Axes:
    del module
    axis = Axis.of("tags", expect(side.field, TagField).names)
    return {"first": (axis,), "following": (axis, axis), "last": (axis,)}


def _positions(module: nn.Module, side: _Side) -> Axes:
    del side
    longest = len(expect(module, LearnedPositions).weight)
    return {"weight": (Axis.of("positions", tuple(range(longest)), Beginning.USUAL), None)}


_AXES: Mapping[type[nn.Module], Callable[[nn.Module, _Side], Axes]] = MappingProxyType(
    {
        TokenEmbedding: _embedding,
        OutputLayer: _output,
        CTCDecoder: _ctc,
        LabelDecoder: _labels,
        WordScores: _tags,
        TransitionScores: _transitions,
        LearnedPositions: _positions,
    }
)
"""The named axes of each kind of layer."""
