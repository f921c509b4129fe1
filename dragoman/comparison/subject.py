"""The subjects of a comparison: finished runs, or recipes to be trained."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.comparison.budget import Budget
from dragoman.errors import InputError, OutputError
from dragoman.recipe import Recipe, load_recipe
from dragoman.recipe.shortened import shortening
from dragoman.training.observer import Observer
from dragoman.training.run import Run, prepare_run, resume
from dragoman.training.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject of a comparison.

    Attributes:
        name: name in the report.
        source: folder of a finished run, or a recipe to be trained.
    """

    name: str
    source: Path | Recipe

    @classmethod
    def of(cls, name: str, source: Recipe | Path | str) -> Subject:
        """The subject that a caller names: a recipe as an object, a TOML file or a preset; or a run's folder.

        Raises:
            InputError, RecipeError: if there is no such thing, or the recipe has mistakes.
        """
        if isinstance(source, Recipe):
            return cls(name, source)
        return cls(name, Path(source) if Path(source).is_dir() else load_recipe(source))


@dataclass(frozen=True, slots=True)
class Trained:
    """A subject with its run, which may still have to be trained.

    Attributes:
        name: name in the report.
        folder: folder of the run.
        recipe: recipe of the run.
        remark: sentence on changes by the budget beside the length; None if there are none.
    """

    name: str
    folder: Path
    recipe: Recipe
    remark: str | None = None

    @property
    def run(self) -> RunFolder:
        """The run in the folder."""
        return RunFolder(self.folder)

    @property
    def best(self) -> Path:
        """The folder of its best model."""
        return self.run.best


def check_subjects(subjects: Sequence[Subject], budget: Budget | None) -> None:
    """Refuse subjects that cannot be compared, before anything is trained.

    Raises:
        InputError: for fewer than two subjects, a name that no file can have, a folder that is not a finished run,
            recipes without a budget, or a budget without recipes.
    """
    if len(subjects) < 2:
        raise InputError(f"{len(subjects)} subject(s) to compare", remedy="give two or more recipes or finished runs.")
    wrong = [subject.name for subject in subjects if not re.fullmatch(r"[\w.+-][\w .+-]*", subject.name)]
    if wrong:
        raise InputError(f"{wrong[0]!r} is no name for a file", remedy="use letters, digits, `-`, `_`, `.`, `+`.")
    recipes = [subject for subject in subjects if isinstance(subject.source, Recipe)]
    if recipes and budget is None:
        raise InputError(
            f"{recipes[0].name} is a recipe, and no budget says how long to train it",
            cause="all recipes of a comparison are trained under one budget; what each says of its own length does not "
            "count.",
            remedy="give one of --tokens, --updates and --minutes.",
        )
    if budget is not None and not recipes:
        raise InputError("a budget was given, and all subjects are finished runs", remedy="leave the budget away.")
    for subject in subjects:
        if isinstance(subject.source, Path):
            _finished(subject.source)


def run_of(subject: Subject, runs: Path, budget: Budget | None) -> Trained:
    """The folder and the recipe of a subject's run, which is not trained yet if it is a recipe.

    Args:
        subject: a subject of the comparison.
        runs: folder in which recipes are trained, in a subfolder for each name.
        budget: training budget of recipes.

    Raises:
        InputError: if a folder holds no finished run.
        OutputError: if the folder of a recipe's run holds that of another recipe.
    """
    if isinstance(subject.source, Path):
        return _finished(subject.source, subject.name)
    assert budget is not None
    recipe, folder = budget.apply(subject.source), runs / subject.name
    run = RunFolder(folder)
    if run.is_prepared and run.recipe() != recipe:
        raise OutputError(
            "a run of another recipe or budget lies here already",
            file=folder,
            remedy="give another --output, or remove this folder.",
        )
    return Trained(subject.name, folder, recipe, shortening(subject.source.training, recipe.training))


def prepare(subject: Trained, log: Callable[[str], None], observers: Sequence[Observer]) -> None:
    """Prepare the data of a recipe's run, unless it is prepared already.

    Raises:
        InputError, RecipeError: if the data cannot be used.
        OutputError: if the folder cannot be written.
    """
    if not subject.run.is_prepared:
        log(f"{subject.name}: {subject.recipe.model.phrase}")
        if subject.remark:
            log(f"{subject.name}: {subject.remark}")
        prepare_run(subject.recipe, subject.folder, observers=observers, progress=False)


def train(subject: Trained, log: Callable[[str], None], observers: Sequence[Observer]) -> None:
    """Train a recipe's run whose data is prepared. Runs that an interrupted comparison trained are used, and those that
    it began are resumed.

    Raises:
        InputError: if a signal ended it.
    """
    if subject.run.is_finished:
        log(f"{subject.name}: trained already")
        return
    log(f"{subject.name}: {'going on with its training' if subject.run.has_begun else 'training'}")
    _refuse_interrupted(resume(subject.folder, observers=observers, progress=False))


def _refuse_interrupted(run: Run) -> None:
    if run.interrupted:
        raise InputError(
            f"{run.reason}; the comparison is not finished",
            file=run.folder,
            remedy="give the same command again: it goes on from here.",
        )


def _finished(folder: Path, name: str = "") -> Trained:
    run = RunFolder(folder)
    if not run.is_finished:
        inside = (folder / "model.json").is_file()
        raise InputError(
            "this is a model, not a run" if inside else "no finished run here",
            file=folder,
            remedy="give the run's folder, the one above `best`." if inside else "give a finished run, or a recipe.",
        )
    return Trained(name or folder.name, folder, run.recipe())
