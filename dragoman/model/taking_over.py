"""Taking over the weights of one model into another, wherever they fit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from dragoman.fields.field import SourceField, TargetField
from dragoman.model.build import Model
from dragoman.model.folder import LoadedModel
from dragoman.model.named_axes import Axis, Beginning, Named, named_axes
from dragoman.model.weights import learnt_tensors
from dragoman.recipe.architecture import ModelRecipe
from dragoman.text.placeholders import CLOSING_TAGS, OPENING_TAGS, VARIABLES

_SHOWN = 5
_LAYER = 3


@dataclass(slots=True)
class TakenOver:
    """What a model has from its parent.

    Attributes:
        parent: the parent's name.
        taken: number of parameters that are the parent's.
        parameters: number of all parameters.
        known: for each kind of names, such as ``symbols``, the number that the parent knows and the number of all.
        new_names: the names of each kind that the parent does not know.
        begins: the value that new names of each kind begin with.
        new_layers: number of parameters of each layer that has nothing from the parent.
    """

    parent: str
    taken: int = 0
    parameters: int = 0
    known: dict[str, tuple[int, int]] = field(default_factory=dict)
    new_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    begins: dict[str, Beginning] = field(default_factory=dict)
    new_layers: dict[str, int] = field(default_factory=dict)

    def describe(self) -> list[str]:
        """A few lines of text for people."""
        names = "".join(f"; {known:,} of {every:,} {what}" for what, (known, every) in self.known.items())
        lines = [f"taken over from {self.parent}: {self.taken:,} of {self.parameters:,} parameters{names}"]
        for what, new in self.new_names.items():
            if new:
                shown = ", ".join(new[:_SHOWN])
                lines.append(f"new {what}: {shown}{_more(new)}; {_BEGINNINGS[self.begins[what]]}")
        if self.new_layers:
            layers = [f"{name} ({count:,} parameters)" for name, count in self.new_layers.items()]
            lines.append(f"new, with random weights: {', '.join(layers[:_SHOWN])}{_more(layers)}")
        return lines

    def count(self, axis: Axis, places: Places) -> None:
        """Count the names along an axis of a tensor."""
        new = tuple(_written(name) for name, place in zip(axis.names, places, strict=True) if place is None)
        self.known[axis.what] = (len(places) - len(new), len(places))
        self.new_names[axis.what] = new
        self.begins[axis.what] = axis.begins


_BEGINNINGS = {
    Beginning.MEAN: "each begins with the mean of those like it",
    Beginning.ZERO: "each begins with weights of 0, so that it changes nothing yet",
    Beginning.USUAL: "each begins with random weights",
}


def take_over(
    parent: LoadedModel, model: Model, recipe: ModelRecipe, fields: tuple[SourceField, TargetField], name: str
) -> TakenOver:
    """Put a parent's weights into a model that was just built, wherever they fit.

    A tensor fits if the parent has one of the same name and of the same size. Where the indices along an axis have
    names (:func:`~dragoman.model.named_axes.named_axes`), such as symbols or labels, they are matched by these, and
    each model may have others. Where the two encoders are of different kinds, such as ``transformer`` and ``gru``, only
    their tensors with names are taken over; and so of the decoders.

    >>> from dragoman.model.build import build
    >>> from dragoman.model.folder import load_model
    >>> parent = load_model("runs/demo/best")
    >>> model = build(parent.recipe.model, parent.source.size, parent.target.size, seed=7)
    >>> found = take_over(parent, model, parent.recipe.model, (parent.source, parent.target), "demo")
    >>> found.taken == found.parameters, found.known
    (True, {'symbols': (301, 301)})

    Args:
        parent: the parent.
        model: the model, whose weights are changed in place; one without memory for them is left as it is.
        recipe: architecture of the model.
        fields: fields of the model's inputs and outputs.
        name: name of the parent, for people.
    """
    mine, theirs = named_axes(model, *fields), named_axes(parent.model, parent.source, parent.target)
    weights = {**learnt_tensors(parent.model), **dict(parent.model.named_parameters(remove_duplicate=False))}
    keys = {theirs[other].key if other in theirs else other: other for other in weights}
    alike = _sides_alike(recipe, parent.recipe.model)
    parameters = dict(model.named_parameters())
    found = TakenOver(name, parameters=sum(parameter.numel() for parameter in parameters.values()))
    for tensor_name, tensor in learnt_tensors(model).items():
        named = mine.get(tensor_name, Named(tensor_name, (None,) * tensor.ndim))
        other = keys.get(named.key)
        fit = None
        if other is not None and (tensor_name in mine or alike.get(tensor_name.split(".")[0], True)):
            their_axes = theirs[other].axes if other in theirs else (None,) * weights[other].ndim
            fit = _Fit.of(tensor, weights[other], named.axes, their_axes)
        if fit is not None:
            fit.put(tensor)
            for axis, places in fit.named():
                found.count(axis, places)
        if tensor_name in parameters:
            found.taken += 0 if fit is None else fit.count
            if fit is None:
                layer = ".".join(tensor_name.split(".")[:_LAYER])
                found.new_layers[layer] = found.new_layers.get(layer, 0) + tensor.numel()
    return found


Places = list[int | None]
"""For each index of an axis, the parent's index of the same name; None for a new name."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a parent's tensor fits into a model's.

    Attributes:
        theirs: the parent's tensor.
        axes: the axes of the model's tensor.
        places: for each axis, where its indices are in the parent's tensor.
    """

    theirs: Tensor
    axes: tuple[Axis | None, ...]
    places: tuple[Places, ...]

    @classmethod
    def of(
        cls, mine: Tensor, theirs: Tensor, my_axes: tuple[Axis | None, ...], their_axes: tuple[Axis | None, ...]
    ) -> _Fit | None:
        """The fit of a tensor; None if sizes differ, or no name is known."""
        if mine.ndim != theirs.ndim or mine.dtype != theirs.dtype:
            return None
        found = tuple(map(_places, my_axes, their_axes, mine.shape, theirs.shape))
        fits = all(not places or any(place is not None for place in places) for places in found)
        return cls(theirs, my_axes, found) if fits else None

    @property
    def count(self) -> int:
        """How many numbers are the parent's."""
        return math.prod(sum(place is not None for place in places) for places in self.places)

    def named(self) -> Iterator[tuple[Axis, Places]]:
        """The axes that have names."""
        for axis, places in zip(self.axes, self.places, strict=True):
            if axis is not None:
                yield axis, places

    def put(self, mine: Tensor) -> None:
        """Change the model's tensor."""
        if mine.is_meta:
            return
        with torch.no_grad():
            whole = self.theirs
            for dimension, (axis, places) in enumerate(zip(self.axes, self.places, strict=True)):
                if axis is not None:
                    whole = _matched(whole, mine, dimension, axis, places)
            mine.copy_(whole)


def _places(axis: Axis | None, their_axis: Axis | None, size: int, their_size: int) -> Places:
    """Where the indices of an axis are in the parent's; nowhere if they have no names and sizes differ."""
    if axis is None or their_axis is None:
        return list(range(size)) if size == their_size else [None] * size
    numbers = {name: number for number, name in enumerate(their_axis.names)}
    return [numbers.get(name) for name in axis.names]


def _matched(whole: Tensor, mine: Tensor, dimension: int, axis: Axis, places: Places) -> Tensor:
    """A tensor with the model's names along one dimension in the place of the parent's; new ones begin as their axis
    says."""
    rows = whole.index_select(dimension, torch.tensor([place or 0 for place in places]))
    groups: dict[str, list[int]] = {}
    for number, place in enumerate(places):
        if place is None:
            groups.setdefault(axis.alike[number], []).append(number)
    for group, numbers in groups.items():
        new = torch.tensor(numbers)
        if axis.begins is Beginning.USUAL:
            rows.index_copy_(dimension, new, mine.index_select(dimension, new))
            continue
        rows.index_fill_(dimension, new, 0)
        if axis.begins is Beginning.MEAN:
            known = [(place, of) for place, of in zip(places, axis.alike, strict=True) if place is not None]
            alike = [place for place, of in known if of == group] or [place for place, _ in known]
            mean = whole.index_select(dimension, torch.tensor(alike)).double().mean(dimension, keepdim=True)
            rows.index_add_(dimension, new, mean.to(rows.dtype).repeat_interleave(len(numbers), dimension))
    return rows


def _sides_alike(mine: ModelRecipe, theirs: ModelRecipe) -> Mapping[str, bool]:
    """Whether the encoders are of the same kind, and the decoders."""
    kinds = {"encoder": (mine.encoder.kind, theirs.encoder.kind), "decoder": (mine.decoder.kind, theirs.decoder.kind)}
    return {side: mine_is == theirs_is for side, (mine_is, theirs_is) in kinds.items()}


_UNITS = {
    unit: f"{kind} {number}"
    for kind, units in (("variable", VARIABLES), ("opening tag", OPENING_TAGS), ("closing tag", CLOSING_TAGS))
    for number, unit in enumerate(units, start=1)
}


def _written(name: object) -> str:
    """A name for people; a unit by the kind of placeholders that it stands for."""
    if isinstance(name, str):
        return _UNITS.get(name, repr(name))
    return " ".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _more(shown: tuple[str, ...] | list[str]) -> str:
    return f" and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
