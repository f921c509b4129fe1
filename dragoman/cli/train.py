"""``dragoman train``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.cli import data_options as given

if TYPE_CHECKING:
    from dragoman.recipe import Recipe

_RECIPE = (
    "A TOML file, or a preset: tiny, fast, small, base, demo, recurrent, convolution (translators), language-model, "
    "reader, text-label, text-number, picture-label, row-label, row-number."
)
_PRESET = "tiny"
_OUTPUT = "Folder of the run; by default runs/RECIPE, of translators runs/FROM-TO-RECIPE."
_SET = "Change a value of the recipe: training.seed=2."
_RESUME = "Go on with the run in this folder; a finished one with more updates: --set training.updates=20000."


def train(
    recipe: Annotated[str | None, typer.Argument(help=_RECIPE, show_default=_PRESET)] = None,
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
    output: Annotated[Path | None, typer.Option(help=_OUTPUT)] = None,
    resume: Annotated[Path | None, typer.Option(help=_RESUME)] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help=_SET)] = None,
) -> None:
    """Train a model by a recipe on data of your own, evaluate it, and write its card.

    A recipe says what goes in (text, pictures, rows of a table, nothing) and what comes out (text, a label, a number).
    """
    given_values = locals()
    from dragoman.cli.report import print_run
    from dragoman.cli.settings import corpora, parse_settings, recipe_with
    from dragoman.training.run import resume as resume_run
    from dragoman.training.run import train as train_run

    if resume is not None:
        _refuse_beside_resume(given_values)
        print_run(resume_run(resume, changes=parse_settings(settings or []), progress=True))
        return
    form, given_by = (columns, file_format), functools.partial(corpora, written=(separator, decimal))
    sections = {
        "train": given_by(source, target, corpus, catalogue, *form, text),
        "validation": given_by(validation_source, validation_target, validation, None, *form, validation_text),
        "test": given_by(test_source, test_target, test, None, *form, test_text),
    }
    lists = {"columns": columns, "features": features, "categorical": categorical, "leave_out": leave_out}
    recipe = recipe or _PRESET
    complete = recipe_with(recipe, sections, source_language, target_language, settings or [], **lists)
    folder = output or Path("runs") / _name(complete, Path(recipe).stem)
    print_run(train_run(complete, folder, progress=True))


def _refuse_beside_resume(values: Mapping[str, Any]) -> None:
    from dragoman.cli.explicit import refuse_beside

    refuse_beside(
        "--resume",
        train,
        values,
        ("resume", "settings"),
        why="the run goes on in its own folder, with its own recipe and data",
        remedy="leave these out; what may change in a run is given with --set. For another recipe or other data start "
        "a new run without --resume.",
    )


def _name(recipe: Recipe, stem: str) -> str:
    if recipe.model.is_translator:
        return f"{recipe.data.source_language}-{recipe.data.target_language}-{stem}"
    return f"{recipe.data.target_language}-{stem}" if recipe.model.is_language_model else stem
