"""Checks of paths that a user gives: a path; the folder of a model or of a run, judged by the names of its files."""

from __future__ import annotations

import os
from pathlib import Path

from dragoman.errors import InputError
from dragoman.storage.folder import recover, unfinished
from dragoman.storage.run_paths import RunPaths, model_in

_SHOWN = 60


def given_path(value: object, what: str) -> Path:
    """A value that was given as a path.

    >>> given_path("models/demo", "the folder of a model").name
    'demo'

    Args:
        value: the value that the caller gave.
        what: words for what the path is of, such as ``the folder of a model``.

    Raises:
        InputError: if the value is no path.
    """
    if isinstance(value, str) or (isinstance(value, os.PathLike) and isinstance(os.fspath(value), str)):
        return Path(value)
    shown = repr(value)
    raise InputError(
        f"{what} was given as {shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''}, "
        f"which is {type(value).__name__} and no path",
        remedy="give a path, as text or as pathlib.Path.",
    )


_MODEL = "model.json"


def check_model(folder: Path) -> None:
    """Check that the folder holds a model.

    Raises:
        InputError: if there is none.
        OutputError: if a model whose replacement was interrupted cannot be put back.
    """
    recover(folder)
    if (folder / _MODEL).is_file():
        return
    inside = model_in(folder)
    if inside is not None:
        raise InputError("this is a run, not a model", file=folder, remedy=f"give its best model: {inside}")
    raise InputError(
        "no model here", file=folder, remedy="give a folder written by `dragoman train`, such as RUN/best."
    )


def check_run(folder: Path, *, dataset: bool = True) -> None:
    """Check that the folder holds a run.

    Args:
        folder: the folder of the run.
        dataset: whether its dataset is needed, too.

        Raises:
            InputError: if something is missing, which it names.
    """
    run = RunPaths(folder)
    needed = (run.recipe_file, run.dataset_folder) if dataset else (run.recipe_file,)
    missing = next((path for path in needed if not path.exists()), None)
    if missing is not None:
        raise InputError(
            f"no run is here: there is no {missing.name}",
            file=folder,
            remedy="give the folder that `dragoman train` wrote its run to, not the one of its best model in it.",
        )


def check_begun(folder: Path) -> None:
    """Check that a run was begun in the folder, so that it can be resumed.

    Raises:
        InputError: if there is none.
    """
    recipe = RunPaths(folder).recipe_file
    if not (recipe.is_file() or unfinished(recipe).is_file()):
        raise InputError("no run to resume here", file=folder, remedy="give the folder of an interrupted run.")
