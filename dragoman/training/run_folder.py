"""The folder of a run: made with its recipe and its dataset, or opened again after an interruption."""

from __future__ import annotations

import contextlib
import shutil
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.errors import DamagedFileError, InputError, OutputError
from dragoman.recipe import Recipe, dump_recipe, recipe_from
from dragoman.storage.failure import unwritable
from dragoman.storage.folder import commit_file, discard, recover, stage_file, unfinished
from dragoman.storage.lock import locked
from dragoman.training.history import FILE_NAME
from dragoman.training.observer import Observer

if TYPE_CHECKING:
    from pandas import DataFrame

RECIPE, DATASET, CHECKPOINTS, BEST = "recipe.toml", "dataset", "checkpoints", "best"
CURVES, EVALUATION, PICTURE = "learning_curves.png", "evaluation.json", "evaluation.png"


@contextlib.contextmanager
def prepared_folder(
    folder: Path,
    recipe: Recipe,
    frames: Mapping[str, DataFrame | None],
    beside: Collection[str],
    observers: Sequence[Observer],
) -> Iterator[Dataset]:
    """A new run's folder with its recipe and its dataset, locked during the block."""
    created = _create(folder, beside)
    with locked(folder):
        _refuse_occupied(folder, beside)
        _clear(folder)
        try:
            # The recipe is on the disk before the dataset appears, so that a run that has its dataset can go on.
            stage_file(folder / RECIPE, dump_recipe(recipe).encode())
            dataset = prepare(recipe, folder / DATASET, **frames, tell=lambda message: tell(observers, message))
            commit_file(folder / RECIPE)
        except BaseException:
            _undo(folder, created)
            raise
        yield dataset


@contextlib.contextmanager
def reopened_folder(folder: Path) -> Iterator[Recipe]:
    """The recipe of an interrupted run, whose folder is put in order and locked during the block."""
    path = folder / RECIPE
    if not (path.is_file() or unfinished(path).is_file()):
        raise InputError("no run to resume here", file=folder, remedy="give the folder of an interrupted run.")
    with locked(folder):
        if not path.exists() and (folder / DATASET).exists():
            commit_file(path)
        if not path.exists():
            raise InputError(
                "this run was killed while its data was prepared, so there is nothing to go on from",
                file=folder,
                remedy="run the same training command again; it clears away what is left here.",
            )
        recipe = read_recipe(path)
        recover(folder / BEST)
        for name in (BEST, FILE_NAME, CURVES, EVALUATION, PICTURE):
            discard(folder / name)
        yield recipe


def read_recipe(path: Path) -> Recipe:
    """The recipe that a run wrote.

    Raises:
        DamagedFileError: if it is no TOML.
        RecipeError: listing every mistake in it.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedFileError(
            f"the run's recipe cannot be read: {error}",
            file=path,
            remedy="put back the run's own, or the one of its best model, best/recipe.toml.",
        ) from error
    return recipe_from(values, file=path)


def tell(observers: Sequence[Observer], message: str) -> None:
    """Give observers a sentence on what is being prepared."""
    for observer in observers:
        observer.on_prepare(message)


def _create(folder: Path, beside: Collection[str]) -> bool:
    """Make the run's folder; whether it was not there before."""
    _refuse_occupied(folder, beside)
    try:
        created = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error, what="the output folder cannot be made") from error
    return created


def _refuse_occupied(folder: Path, beside: Collection[str]) -> None:
    allowed = _leftovers(folder) | {folder / name for name in beside}
    try:
        occupied = folder.exists() and (not folder.is_dir() or set(folder.iterdir()) - allowed)
    except OSError as error:
        raise unwritable(folder, error, what="the output folder cannot be looked into") from error
    if occupied:
        raise OutputError(
            "the output folder exists already and is not empty",
            file=folder,
            remedy="choose another --output, remove this one, or go on with its run by `dragoman train --resume`.",
        )


def _leftovers(folder: Path) -> set[Path]:
    """All that a run leaves that was killed while its data was prepared."""
    return {unfinished(folder / name) for name in (DATASET, RECIPE)}


def _clear(folder: Path) -> None:
    for name in (DATASET, RECIPE):
        discard(folder / name)


def _undo(folder: Path, created: bool) -> None:
    """Remove what this call made before training began; the folder held nothing else."""
    _clear(folder)
    shutil.rmtree(folder / DATASET, ignore_errors=True)
    with contextlib.suppress(OSError):
        (folder / RECIPE).unlink(missing_ok=True)
        if created:
            folder.rmdir()
