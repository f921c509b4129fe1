"""``dragoman diagnose capacity``."""

from __future__ import annotations

import functools
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.cli import data_options as given

if TYPE_CHECKING:
    from dragoman.data.dataset import Dataset
    from dragoman.recipe import Recipe

_SUBJECT = "Folder of a run, whose recipe and data are taken; or a TOML file or a preset, with data."
_MINUTES = "For all of it. At the full length, the grid takes about twenty times as long as one training."
_OUTPUT = "Folder of the report; by default RUN/diagnosis, of a recipe diagnosis."
_SET = "Change a value of the recipe: training.seed=2."


def capacity(
    subject: Annotated[str, typer.Argument(metavar="RUN|RECIPE", help=_SUBJECT)],
    minutes: Annotated[float, typer.Option(help=_MINUTES, show_default=False)],
    source: given.SourceFile = None,
    target: given.TargetFile = None,
    corpus: given.Corpora = None,
    catalogue: given.Catalogues = None,
    text: given.TextFiles = None,
    columns: given.Columns = None,
    features: given.Features = None,
    categorical: given.Categorical = None,
    leave_out: given.LeaveOut = None,
    file_format: given.FileFormat = None,
    separator: given.Separator = None,
    decimal: given.DecimalMark = None,
    validation_source: given.ValidationSource = None,
    validation_target: given.ValidationTarget = None,
    validation: given.ValidationCorpora = None,
    validation_text: given.ValidationTexts = None,
    test_source: given.TestSource = None,
    test_target: given.TestTarget = None,
    test: given.TestCorpora = None,
    test_text: given.TestTexts = None,
    source_language: given.SourceLanguage = None,
    target_language: given.TargetLanguage = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help=_SET)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    output: Annotated[Path | None, typer.Option(help=_OUTPUT)] = None,
) -> None:
    """Train smaller and larger models on less and more of the data: error over complexity, error over data size.

    Ctrl-C ends it; what was measured by then is reported.
    """
    given_values = locals()
    from dragoman.cli.diagnosis_output import INTERRUPTED, positive_minutes, present, tell
    from dragoman.cli.settings import corpora, recipe_with
    from dragoman.diagnosis.capacity.measure import measure_capacity
    from dragoman.storage.output import check_folder

    form, given_by = (columns, file_format), functools.partial(corpora, written=(separator, decimal))
    sections = {
        "train": given_by(source, target, corpus, catalogue, *form, text),
        "validation": given_by(validation_source, validation_target, validation, None, *form, validation_text),
        "test": given_by(test_source, test_target, test, None, *form, test_text),
    }
    place, of_run, allowed = Path(subject), Path(subject).is_dir(), positive_minutes("--minutes", minutes)
    check_folder(folder := output or (place / "diagnosis" if of_run else Path("diagnosis")))
    _refuse_beside_a_run(given_values) if of_run else _check_name(subject)
    if of_run:
        opened = _of_run(place)
    else:
        lists = {"columns": columns, "features": features, "categorical": categorical, "leave_out": leave_out}
        complete = recipe_with(subject, sections, source_language, target_language, settings or [], **lists)
        opened = _of_recipe(complete, folder)
    with opened as (recipe, dataset):
        report = measure_capacity(recipe, dataset, allowed, tell=tell)
    title = f"Complexity against data: {place.resolve().name if of_run else place.stem}"
    present(report, report.as_text().rstrip("\n"), title, folder, "capacity", as_json=as_json)
    if report.interrupted:
        sys.exit(INTERRUPTED)


def _refuse_beside_a_run(values: Mapping[str, Any]) -> None:
    from dragoman.cli.explicit import refuse_beside

    refuse_beside(
        f"the run {values['subject']}",
        capacity,
        values,
        ("subject", "minutes", "as_json", "output"),
        why="a run has its own data and settings",
        remedy="leave these out, or give a recipe instead of the run.",
    )


def _check_name(name: str) -> None:
    from dragoman.errors import InputError
    from dragoman.recipe.file import presets

    if name not in presets() and not Path(name).exists():
        raise InputError(
            f"no such run, recipe file or preset: {name}",
            remedy=f"give the folder of a run, a TOML file, or one of the presets {', '.join(presets())}.",
        )


@contextmanager
def _of_run(run: Path) -> Iterator[tuple[Recipe, Dataset]]:
    from dragoman.diagnosis.run_folder import open_run

    yield open_run(run)


@contextmanager
def _of_recipe(recipe: Recipe, folder: Path) -> Iterator[tuple[Recipe, Dataset]]:
    """The dataset lies in the output folder while it is needed."""
    from dragoman.cli.diagnosis_output import tell
    from dragoman.storage.failure import unwritable
    from dragoman.training.task import task_of

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lent = tempfile.TemporaryDirectory(prefix=".dataset-", dir=folder)
    except OSError as error:
        raise unwritable(folder, error) from error
    with lent as place:
        yield recipe, task_of(recipe).prepare(recipe, Path(place) / "dataset", tell=tell)
