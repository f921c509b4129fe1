"""The folder of a run: made with its recipe and its dataset, or opened again after an interruption."""

from __future__ import annotations

import contextlib
import shutil
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.errors import DamagedFileError, InputError, OutputError
from dragoman.recipe import Recipe, dump_recipe, recipe_from
from dragoman.storage.failure import unwritable
from dragoman.storage.folder import commit_file, discard, recover, remove_folder, stage_file, unfinished
from dragoman.storage.given import check_begun, check_run
from dragoman.storage.lock import locked
from dragoman.storage.run_paths import RunPaths
from dragoman.tasks.table import task_of
from dragoman.training.budget.automatic import Chooser
from dragoman.training.history import read_history
from dragoman.training.observer import Observer, StabilityRecord
from dragoman.training.stability_log import read_stability
from dragoman.training.start import PARENT, Start

if TYPE_CHECKING:
    from pandas import DataFrame


class RunFolder(RunPaths):
    """The folder of a run, finished or not, and what can be read from it.

    >>> from pathlib import Path
    >>> run = RunFolder(Path("runs/demo"))
    >>> run.is_finished
    True
    >>> run.recipe().training.updates
    6
    >>> len(run.history())  # six updates and two validations
    8
    """

    @property
    def is_prepared(self) -> bool:
        """Whether the data of the run is prepared, so that training can begin."""
        return self.recipe_file.is_file()

    @property
    def has_begun(self) -> bool:
        """Whether training has begun."""
        return self.checkpoints_folder.is_dir()

    @property
    def is_finished(self) -> bool:
        """Whether the model was trained and evaluated to the end."""
        return self.evaluation_file.is_file()

    def check(self, *, dataset: bool = True) -> None:
        """Make sure that the folder holds a run.

        Args:
            dataset: Whether the run's dataset is needed too.

        Raises:
            InputError: if something is missing; it names what.
        """
        check_run(self.path, dataset=dataset)

    def recipe(self) -> Recipe:
        """The recipe that the run wrote.

        Raises:
            DamagedFileError: if the file is not valid TOML.
            RecipeError: if the recipe has mistakes; it lists all of them.
        """
        try:
            values = tomllib.loads(self.recipe_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DamagedFileError(
                f"the run's recipe cannot be read: {error}",
                file=self.recipe_file,
                remedy="put back the run's own, or the one of its best model, best/recipe.toml.",
            ) from error
        return recipe_from(values, file=self.recipe_file)

    def dataset(self) -> Dataset:
        """The run's dataset, whose checksums are verified.

        Raises:
            DamagedFileError: if a file of the dataset was altered.
        """
        return Dataset.open(self.dataset_folder)

    def opened(self) -> tuple[Recipe, Dataset]:
        """The recipe and the dataset of a run, finished or not.

        Raises:
            InputError: if the folder holds no run.
            DamagedFileError: if the recipe or the dataset was altered.

        >>> from pathlib import Path
        >>> recipe, dataset = RunFolder(Path("runs/demo")).opened()
        >>> len(dataset.train) > len(dataset.validation)
        True
        """
        self.check()
        return self.recipe(), self.dataset()

    def history(self) -> DataFrame:
        """One row for each update, validation, skip and rewind; see
        :func:`~dragoman.training.history.read_history`."""
        return read_history(self.path)

    def stability(self) -> list[StabilityRecord]:
        """What the stability monitor measured; see :func:`~dragoman.training.stability_log.read_stability`."""
        return read_stability(self.path)

    @contextlib.contextmanager
    def prepared(
        self,
        recipe: Recipe,
        frames: Mapping[str, DataFrame | None],
        beside: Collection[str],
        observers: Sequence[Observer],
        start: Start | None = None,
        chooser: Chooser | None = None,
    ) -> Iterator[tuple[Recipe, Dataset]]:
        """Make a new run's folder with its recipe and its dataset, and lock it during the block.

        Args:
            recipe: The recipe of the run.
            frames: Tables to use instead of the recipe's corpora: for ``train``, ``validation`` and ``test`` a table or
                None.
            beside: Names of files and folders that may already lie in the run's folder, and are left alone.
            observers: Objects that are told what is done.
            start: The model that training starts from, which is copied into the folder; None for random weights.
            chooser: The choice of a recipe for a budget, which the data is prepared for; None if the recipe has none.

        Yields:
            The recipe that the run is trained by, and the dataset.

        Raises:
            OutputError: if the folder exists and is not empty.
            InputError, RecipeError: if data or recipe cannot be used; nothing is left behind.
        """
        created = self._create(beside)
        with locked(self.path):
            self._refuse_occupied(beside)
            self._clear()

            def prepared(recipe: Recipe, folder: Path) -> Dataset:
                parent = None if start is None else start.fields(recipe)
                return prepare(recipe, folder, **frames, log=lambda message: log_to(observers, message), parent=parent)

            try:
                comment = ""
                if chooser is not None:
                    recipe = self._chosen(recipe, chooser, prepared)
                    comment = "".join(f"# {line}\n" for line in chooser.comment)
                # Recipe and parent are on the disk before the dataset appears, so that a run that has it can go on.
                stage_file(self.recipe_file, (comment + dump_recipe(recipe)).encode())
                if start is not None:
                    start.keep(self)
                if chooser is None:
                    dataset = prepared(recipe, self.dataset_folder)
                else:
                    self._candidate.rename(self.dataset_folder)
                    dataset = self.dataset()
                task_of(recipe).check_dataset(recipe, dataset)
                commit_file(self.recipe_file)
            except BaseException:
                self._undo(created)
                raise
            yield recipe, dataset

    @property
    def _candidate(self) -> Path:
        """The folder of a dataset while a recipe is chosen for it."""
        return self.path / "dataset-to-choose-for"

    def _chosen(self, recipe: Recipe, chooser: Chooser, prepared: Callable[[Recipe, Path], Dataset]) -> Recipe:
        """The recipe that is chosen for the data, which then lies encoded for it in the candidate's folder."""
        dataset = prepared(recipe, self._candidate)
        shaped = chooser.shaped(dataset)
        if shaped.tokenizer != recipe.tokenizer:
            remove_folder(self._candidate)
            dataset = prepared(shaped, self._candidate)
        return chooser.complete(shaped, dataset)

    @contextlib.contextmanager
    def reopened(self) -> Iterator[Recipe]:
        """Put the folder of an interrupted run in order, lock it during the block, and give its recipe.

        Raises:
            InputError: if the folder holds no run, or one that was killed while its data was prepared.
        """
        check_begun(self.path)
        with locked(self.path):
            if not self.recipe_file.exists() and self.dataset_folder.exists():
                commit_file(self.recipe_file)
            if not self.recipe_file.exists():
                raise InputError(
                    "this run was killed while its data was prepared, so there is nothing to go on from",
                    file=self.path,
                    remedy="run the same training command again; it clears away what is left here.",
                )
            recipe = self.recipe()
            recover(self.best)
            for path in (self.best, self.history_file, self.curves, self.evaluation_file, self.evaluation_picture):
                discard(path)
            yield recipe

    def _create(self, beside: Collection[str]) -> bool:
        """Make the folder, and tell whether it is new."""
        self._refuse_occupied(beside)
        try:
            created = not self.path.exists()
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.path, error, what="the output folder cannot be made") from error
        return created

    def _refuse_occupied(self, beside: Collection[str]) -> None:
        # A run that was killed while its data was prepared leaves these.
        made = (self.dataset_folder, self._candidate, self.recipe_file, self.parent_folder)
        leftovers = {self._candidate, *map(unfinished, made)}
        if (self.parent_folder / PARENT).is_file():
            leftovers.add(self.parent_folder)
        allowed = leftovers | {self.path / name for name in beside}
        try:
            occupied = self.path.exists() and (not self.path.is_dir() or set(self.path.iterdir()) - allowed)
        except OSError as error:
            raise unwritable(self.path, error, what="the output folder cannot be looked into") from error
        if occupied:
            raise OutputError(
                "the output folder exists already and is not empty",
                file=self.path,
                remedy="choose another --output, remove this one, or go on with its run by `dragoman train --resume`.",
            )

    def _clear(self) -> None:
        for path in (self.dataset_folder, self._candidate, self.recipe_file, self.parent_folder):
            discard(path)
        shutil.rmtree(self._candidate, ignore_errors=True)
        if (self.parent_folder / PARENT).is_file():
            shutil.rmtree(self.parent_folder, ignore_errors=True)

    def _undo(self, created: bool) -> None:
        """Remove what this call made before training began; the folder holds nothing else."""
        self._clear()
        shutil.rmtree(self.dataset_folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.recipe_file.unlink(missing_ok=True)
            if created:
                self.path.rmdir()


def log_to(observers: Sequence[Observer], message: str) -> None:
    """Give observers a sentence on what is being prepared."""
    for observer in observers:
        observer.on_prepare(message)
