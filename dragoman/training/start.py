"""Training that starts from a model: what is taken over from its weights, and what begins anew.

A run keeps a copy of the model that it starts from, its *parent*, in its folder, so that it goes on after an
interruption whatever has become of the parent since. The recipe does not name the parent: a recipe is shared, and holds
no path of a machine.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

from dragoman.data.dataset import Dataset
from dragoman.data.parent_fields import ParentFields
from dragoman.errors import DamagedFileError, InputError
from dragoman.fields.field import SourceField, TargetField
from dragoman.model.build import Model, build
from dragoman.model.folder import LoadedModel, Parent, load_model
from dragoman.model.shapes import shapes_alone
from dragoman.model.taking_over import TakenOver, take_over
from dragoman.recipe import Recipe
from dragoman.recipe.difference import Difference, differences
from dragoman.recipe.kinds import sentence_of, title_of
from dragoman.storage.folder import new_folder
from dragoman.storage.given import given_path
from dragoman.storage.manifest import MANIFEST, REMEDY, digest, read_manifest
from dragoman.storage.run_paths import RunPaths, model_in, name_of_model
from dragoman.storage.verified import VerifiedFolder
from dragoman.tasks.table import task_of

PARENT = "parent.json"
"""The file in a run's copy of its parent that says what the parent is called."""
_VOCABULARY = frozenset(
    f"tokenizer.{setting}"
    for setting in ("kind", "vocabulary_size", "shared", "single_digits", "placeholders", "truecase", "model")
)
"""The settings that decide which symbols there are."""


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
        return ParentFields(self.loaded.source, self.loaded.target, not _own_vocabulary(self.loaded.recipe, recipe))

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
        if not self._put_into(model, recipe, (self.loaded.source, self.loaded.target)).taken:
            raise InputError(
                "nothing of this model fits the recipe's: no matrix has the same name and size in both",
                file=self.folder,
                cause=f"this one is a {theirs.model.phrase}, and the recipe's a {mine.phrase}.",
                remedy="use the sizes of the one that training starts from, as its recipe.toml has them, or train "
                "without --start-from.",
            )
        return tuple(_remarks(theirs, recipe))

    def put_into(self, model: Model, recipe: Recipe, dataset: Dataset) -> TakenOver:
        """Put the weights into the model of a run that was just built, wherever they fit; see
        :func:`~dragoman.model.taking_over.take_over`."""
        return self._put_into(model, recipe, (dataset.source, dataset.target))

    def _put_into(self, model: Model, recipe: Recipe, fields: tuple[SourceField, TargetField]) -> TakenOver:
        return take_over(self.loaded, model, recipe.model, fields, self.parent.name)


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
    if own := _own_vocabulary(theirs, mine):
        found.append(
            f"{', '.join(f'{change.key} = {change.new}, and was {change.old}' for change in own)}: the recipe's own "
            "vocabulary is learnt, and what is known of symbols that both have is taken over; put these back to keep "
            "the parent's vocabulary"
        )
    found += [
        f"{change.key} = {change.new}, where the model that training starts from has {change.old}"
        for change in differences(theirs, mine)
        if change.key.startswith(("model.", "pictures."))
    ]
    return found


def _own_vocabulary(theirs: Recipe, mine: Recipe) -> list[Difference]:
    """The settings by which a recipe asks for another vocabulary than its parent's; none if it is content with that."""
    if not any(task_of(mine).text_sides):
        return []
    return [change for change in differences(theirs, mine) if change.key in _VOCABULARY]
