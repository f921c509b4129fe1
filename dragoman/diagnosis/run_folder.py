"""What a diagnosis opens of a run."""

from __future__ import annotations

from pathlib import Path

from dragoman.data.dataset import Dataset
from dragoman.errors import InputError
from dragoman.recipe import Recipe
from dragoman.training.run import Run
from dragoman.training.run_folder import DATASET, RECIPE


def open_run(folder: Path) -> tuple[Recipe, Dataset]:
    """The recipe of a run, and its dataset, whose checksums are verified.

    Args:
        folder: of the run, finished or not.

    Raises:
        InputError: if no run is there.
        DamagedFileError: if recipe or dataset were altered.
    """
    missing = next((name for name in (RECIPE, DATASET) if not (folder / name).exists()), None)
    if missing is not None:
        raise InputError(
            f"no run is here: there is no {missing}",
            file=folder,
            remedy="give the folder that `dragoman train` wrote its run to, not the one of its best model in it.",
        )
    recipe = Run(folder, "", interrupted=False, report=None).recipe()
    return recipe, Dataset.open(folder / DATASET)
