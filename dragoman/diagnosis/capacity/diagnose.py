"""Error over model complexity and over data size, for a run or for a recipe with data of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.diagnosis.capacity.measure import measure_capacity
from dragoman.diagnosis.capacity.report import CapacityReport
from dragoman.recipe import Recipe
from dragoman.storage.failure import unwritable
from dragoman.training.run_folder import RunFolder

Log = Callable[[str], None]


def diagnose_capacity(
    subject: Path | str | Recipe, minutes: float, *, scratch: Path | None = None, log: Log | None = None
) -> CapacityReport:
    """Train smaller and larger models on less and more of the data, and fit the error over model size and data size.

    Args:
        subject: the folder of a run, whose recipe and data are taken; or a recipe with data.
        minutes: time limit for all training together; see
            :func:`~dragoman.diagnosis.capacity.measure.measure_capacity`.
        scratch: folder for the dataset that a recipe needs meanwhile; by default the system's temporary folder.
        log: called with a sentence about each step.

    Raises:
        InputError: if there is no run, its data cannot be used, or not even one model could be trained.
        OutputError: if the dataset of a recipe cannot be written.
    """
    with _opened(subject, scratch, log) as (recipe, dataset):
        return measure_capacity(recipe, dataset, minutes, log=log)


@contextmanager
def _opened(subject: Path | str | Recipe, scratch: Path | None, log: Log | None) -> Iterator[tuple[Recipe, Dataset]]:
    if not isinstance(subject, Recipe):
        yield RunFolder(Path(subject)).opened()
        return
    try:
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True)
        lent = tempfile.TemporaryDirectory(prefix=".dataset-", dir=scratch)
    except OSError as error:
        raise unwritable(scratch or Path(tempfile.gettempdir()), error) from error
    with lent as place:
        yield subject, prepare(subject, Path(place) / "dataset", log=log)
