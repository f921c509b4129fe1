"""What a diagnosis opens of a run."""

from __future__ import annotations

from pathlib import Path

from dragoman.data.dataset import Dataset
from dragoman.recipe import Recipe
from dragoman.training.run_folder import RunFolder


def open_run(folder: Path) -> tuple[Recipe, Dataset]:
    """The recipe of a run, finished or not, and its dataset, whose checksums are verified.

    Raises:
        InputError: if no run is there.
        DamagedFileError: if recipe or dataset were altered.
    """
    run = RunFolder(folder)
    run.check()
    return run.recipe(), run.dataset()
