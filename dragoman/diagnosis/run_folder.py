"""Opening the run that a diagnosis examines."""

from __future__ import annotations

from pathlib import Path

from dragoman.data.dataset import Dataset
from dragoman.recipe import Recipe
from dragoman.training.run_folder import RunFolder


def open_run(folder: Path) -> tuple[Recipe, Dataset]:
    """The recipe of a run, finished or not, and its dataset, whose checksums are verified.

    Raises:
        InputError: if the folder holds no run.
        DamagedFileError: if the recipe or the dataset was altered.

    >>> recipe, dataset = open_run(Path("runs/demo"))
    >>> len(dataset.train) > len(dataset.validation)
    True
    """
    run = RunFolder(folder)
    run.check()
    return run.recipe(), run.dataset()
