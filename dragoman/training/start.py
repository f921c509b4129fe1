"""Training that starts from a model: what is taken over from its weights, and what begins anew.

A run keeps a copy of the model that it starts from, its *parent*, in its folder, so that it goes on after an
interruption whatever has become of the parent since. The recipe does not name the parent: a recipe is shared, and holds
no path of a machine.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import torch
from torch import Tensor

from dragoman.data.dataset import Dataset
from dragoman.data.parent_fields import ParentFields
from dragoman.errors import DamagedFileError, InputError
from dragoman.fields.field import SourceField, TargetField
from dragoman.model.build import Model, build
from dragoman.model.folder import LoadedModel, Parent, load_model
from dragoman.model.named_axes import Axis, Beginning, Named, named_axes
from dragoman.model.shapes import shapes_alone
from dragoman.model.weights import learnt_tensors
from dragoman.recipe import Recipe
from dragoman.recipe.difference import differences
from dragoman.recipe.kinds import sentence_of, title_of
from dragoman.storage.folder import new_folder
from dragoman.storage.given import given_path
from dragoman.storage.manifest import MANIFEST, REMEDY, digest, read_manifest
from dragoman.storage.run_paths import RunPaths, model_in, name_of_model
from dragoman.storage.verified import VerifiedFolder
from dragoman.tasks.table import task_of

PARENT = "parent.json"
"""The file in a run's copy of its parent that says what the parent is called."""
_SHOWN = 5
_VOCABULARY = ("kind", "vocabulary_size", "shared", "single_digits", "placeholders", "truecase", "model")
"""The settings of a tokenizer that decide which symbols there are."""


@dataclass(frozen=True, slots=True)
class Start:
    """A model that training starts from.

    Attributes:
        folder: the model's folder.
        parent: the model's name and checksum.
        loaded: the model.
    """

    folder: Path
    parent: Parent
    loaded: LoadedModel

    @classmethod
    def open(cls, folder: Path | str) -> Start:
        """The model in a folder, or the best model of the run in it.

        >>> Start.open("runs/demo").parent.name
        'demo'

        Raises:
            InputError: if there is no model.
            DamagedFileError: if a file of the model is missing or was altered.
            UnsupportedError: if the model was written by a newer version.
        """
        given = given_path(folder, "the folder of a model")
        place = model_in(given) or given
        loaded = load_model(place)
        return cls(place, Parent(name_of_model(place), digest(place / MANIFEST)), loaded)

    @classmethod
    def of_run(cls, run: RunPaths) -> Start | None:
        """The model that a run started from, as the run keeps it; None if it started from random weights.

        Raises:
            DamagedFileError: if a file of the copy is missing or was altered.
        """
        if not run.parent_folder.is_dir():
            return None
        verified = VerifiedFolder.open(run.parent_folder, needs=(PARENT,))
        facts = verified.json(PARENT)
        with verified.understanding(PARENT):
            parent = Parent(str(facts["name"]), str(facts["sha256"]))
        return cls(run.parent_folder, parent, load_model(run.parent_folder))

    def keep(self, run: RunPaths) -> None:
        """Copy the model into a run's folder.

        Raises:
            DamagedFileError: if the model changes meanwhile.
            OutputError: if the copy cannot be written.
        """
        with new_folder(run.parent_folder) as temporary:
            for name, checksum in read_manifest(self.folder).items():
                copy = temporary / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.folder / name, copy)
                if digest(copy) != checksum:
                    raise DamagedFileError(
                        f"the file does not match its checksum in {MANIFEST}", file=self.folder / name, remedy=REMEDY
                    )
            facts = {"name": self.parent.name, "sha256": self.parent.sha256}
            (temporary / PARENT).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")

    def fields(self, recipe: Recipe) -> ParentFields:
        """The model's fields, from which those of a dataset are made."""
        mine, theirs = recipe.tokenizer, self.loaded.recipe.tokenizer
        same = all(getattr(mine, name) == getattr(theirs, name) for name in _VOCABULARY)
        return ParentFields(self.loaded.source, self.loaded.target, same)

    def check(self, recipe: Recipe) -> tuple[str, ...]:
        """Make sure that a recipe's model can start from this one, before any data is prepared.

        Returns:
            A sentence on each thing that differs and may.

        Raises:
            InputError: if the model is of another task, or nothing of it would fit.
        """
        theirs = self.loaded.recipe
        mine = recipe.model
        if task_of(recipe) is not task_of(theirs):
            raise InputError(
                f"{sentence_of(theirs.model)}, and the recipe is for {title_of(mine)}",
                file=self.folder,
                cause="--start-from names another model than was meant, or the recipe is another.",
                remedy="start from a model of the same inputs and outputs, or use a recipe for the model that it is.",
            )
        with shapes_alone():
            model = build(mine, self.loaded.source.size, self.loaded.target.size, recipe.training.seed)
            taken = take_over(self.loaded, model, recipe, (self.loaded.source, self.loaded.target))
        if not taken.parameters_taken:
            raise InputError(
                "nothing of this model fits the recipe's: no matrix has the same name and size in both",
                file=self.folder,
                cause=f"this one is a {theirs.model.phrase}, and the recipe's a {mine.phrase}.",
                remedy="use the sizes of the one that training starts from, as its recipe.toml has them, or train "
                "without --start-from.",
            )
        return tuple(_remarks(theirs, recipe))


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What a model has from its parent.

    Attributes:
        parent: the parent's name.
        parameters_taken: number of parameters that are the parent's.
        parameters: number of parameters.
        named: for each kind of names, such as ``source symbols``, the number that the parent knows and the number of
            all.
        new_names: the names of each kind that the parent does not know.
        new: number of new parameters of each layer that has any, names aside.
    """

    parent: str
    parameters_taken: int
    parameters: int
    named: Mapping[str, tuple[int, int]]
    new_names: Mapping[str, tuple[str, ...]]
    new: Mapping[str, int]

    def describe(self) -> list[str]:
        """A few lines of text for people."""
        names = "".join(f"; {known:,} of {all_:,} {what}" for what, (known, all_) in self.named.items())
        lines = [
            f"taken over from {self.parent}: {self.parameters_taken:,} of {self.parameters:,} parameters{names}",
        ]
        lines += [
            f"new {what}: {', '.join(map(repr, new[:_SHOWN]))}{' …' if len(new) > _SHOWN else ''}"
            for what, new in self.new_names.items()
            if new
        ]
        if self.new:
            layers = [f"{name} ({count:,} parameters)" for name, count in self.new.items()]
            more = f" and {len(layers) - _SHOWN:,} more" if len(layers) > _SHOWN else ""
            lines.append(f"new, with random weights: {', '.join(layers[:_SHOWN])}{more}")
        return lines


def take_over(
    parent: LoadedModel, model: Model, recipe: Recipe, fields: tuple[SourceField, TargetField], name: str = "the parent"
) -> TakenOver:
    """Put a parent's weights into a model that was just built, wherever they fit.

    A tensor fits if one of the same name has the same size, where an axis whose indices have names, such as symbols or
    labels, is compared by these names and may have others. Where the encoders are of different kinds, only their
    tensors with names are taken over, and so of the decoders.

    Args:
        parent: the parent.
        model: the model, whose weights are changed in place.
        recipe: recipe of the model.
        fields: fields of the model's inputs and outputs.
        name: name of the parent, for people.
    """
    mine = named_axes(model, *fields)
    theirs = named_axes(parent.model, parent.source, parent.target)
    weights = _all_tensors(parent.model)
    by_key = {theirs[other].key if other in theirs else other: other for other in weights}
    same_kind = {
        side: getattr(recipe.model, side).kind == getattr(parent.recipe.model, side).kind
        for side in ("encoder", "decoder")
    }
    parameters = {name for name, _ in model.named_parameters()}
    taken, new = 0, dict[str, int]()
    known: dict[str, tuple[int, int]] = {}
    unknown: dict[str, tuple[str, ...]] = {}
    for tensor_name, tensor in learnt_tensors(model).items():
        axes = mine.get(tensor_name, Named(tensor_name, (None,) * tensor.ndim))
        other = by_key.get(axes.key)
        fitted = None
        if other is not None and (tensor_name in mine or same_kind.get(tensor_name.split(".")[0], True)):
            their_axes = theirs.get(other, Named(other, (None,) * weights[other].ndim))
            fitted = _Fit.of(tensor, weights[other], axes.axes, their_axes.axes)
        if fitted is not None:
            fitted.put(tensor, weights[other or ""])
            for axis, places in zip(axes.axes, fitted.places, strict=True):
                if axis is not None:
                    found = [place is not None for place in places]
                    known[axis.what] = (sum(found), len(found))
                    unknown[axis.what] = tuple(
                        _shown(key) for key, is_known in zip(axis.names, found, strict=True) if not is_known
                    )
        if tensor_name in parameters:
            got = 0 if fitted is None else fitted.count
            taken += got
            if fitted is None:
                layer = _layer(tensor_name)
                new[layer] = new.get(layer, 0) + tensor.numel()
    total = sum(parameter.numel() for parameter in model.parameters())
    return TakenOver(name, taken, total, known, unknown, new)


Places = list[int | None]
"""For each index of an axis, the parent's index of the same name."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a parent's tensor fits into one of a model.

    Attributes:
        axes: the axes of the model's tensor.
        places: for each axis, where its indices are in the parent's tensor.
    """

    axes: tuple[Axis | None, ...]
    places: tuple[Places, ...]

    @classmethod
    def of(
        cls, mine: Tensor, theirs: Tensor, my_axes: tuple[Axis | None, ...], their_axes: tuple[Axis | None, ...]
    ) -> _Fit | None:
        """The fit of a tensor; None if sizes differ or no name is known."""
        if mine.ndim != theirs.ndim or mine.dtype != theirs.dtype:
            return None
        places: list[Places] = []
        for size, their_size, axis, their_axis in zip(mine.shape, theirs.shape, my_axes, their_axes, strict=True):
            if axis is None or their_axis is None:
                if size != their_size:
                    return None
                places.append(list(range(size)))
                continue
            numbers = {name: number for number, name in enumerate(their_axis.names)}
            places.append([numbers.get(name) for name in axis.names])
            if all(place is None for place in places[-1]):
                return None
        return cls(my_axes, tuple(places))

    @property
    def count(self) -> int:
        """How many numbers are the parent's."""
        return math.prod(sum(place is not None for place in places) for places in self.places)

    def put(self, mine: Tensor, theirs: Tensor) -> None:
        """Change the model's tensor; nothing is done to one without memory."""
        if mine.is_meta:
            return
        with torch.no_grad():
            whole = theirs
            for dimension, (axis, places) in enumerate(zip(self.axes, self.places, strict=True)):
                whole = _along(whole, mine, dimension, axis, places)
            mine.copy_(whole)


def _along(whole: Tensor, mine: Tensor, dimension: int, axis: Axis | None, places: Places) -> Tensor:
    """The parent's tensor with the model's names along one dimension, in their order."""
    if all(place == number for number, place in enumerate(places)) and len(places) == whole.shape[dimension]:
        return whole
    assert axis is not None
    known = [place for place in places if place is not None]
    rows = whole.index_select(dimension, torch.tensor([place or 0 for place in places]))
    new = [number for number, place in enumerate(places) if place is None]
    if not new:
        return rows
    if axis.begins is Beginning.USUAL:
        raise_to = [*mine.shape[: dimension + 1], *rows.shape[dimension + 1 :]]
        assert list(mine.shape) == raise_to
        rows.index_copy_(dimension, torch.tensor(new), mine.index_select(dimension, torch.tensor(new)))
        return rows
    for number in new:
        value = torch.zeros_like(rows.select(dimension, number))
        if axis.begins is Beginning.MEAN:
            alike = [
                place
                for place, group in zip(places, axis.alike, strict=True)
                if place is not None and group == axis.alike[number]
            ]
            value = whole.index_select(dimension, torch.tensor(alike or known)).double().mean(dimension).to(rows.dtype)
        rows.select(dimension, number).copy_(value)
    return rows


def _all_tensors(model: Model) -> dict[str, Tensor]:
    """The learnt tensors of a model under all of their names."""
    return {**learnt_tensors(model), **dict(model.named_parameters(remove_duplicate=False))}


def _layer(name: str) -> str:
    """The layer that a tensor belongs to, as people speak of it: the first three parts of its name."""
    return ".".join(name.split(".")[:-1][:3]) or name


def _shown(name: object) -> str:
    return " ".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _remarks(theirs: Recipe, mine: Recipe) -> list[str]:
    """Sentences on what a recipe has otherwise than its parent's."""
    found = []
    sides = task_of(mine).text_sides
    spoken = [
        list(compress((recipe.data.source_language, recipe.data.target_language), sides)) for recipe in (theirs, mine)
    ]
    if spoken[0] != spoken[1] and sides[1]:
        found.append(
            f"the model that training starts from was trained for {' → '.join(spoken[0])}, and this one is for "
            f"{' → '.join(spoken[1])}"
        )
    found += [
        f"{change.key} = {change.new}, where the model that training starts from has {change.old}"
        for change in differences(theirs, mine)
        if change.key.startswith("model.")
    ]
    return found


def start_model(start: Start, model: Model, recipe: Recipe, dataset: Dataset) -> TakenOver:
    """Put the parent's weights into a run's model; see :func:`take_over`."""
    return take_over(start.loaded, model, recipe, (dataset.source, dataset.target), start.parent.name)
