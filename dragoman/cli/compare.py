"""``dragoman compare``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.train import data_option

if TYPE_CHECKING:
    from dragoman.comparison.report import Report
    from dragoman.comparison.subject import Subject
    from dragoman.recipe import Recipe

_BUDGET = "Budget of recipes (one of these)"

File = Path | None
Files = list[Path] | None
Text = str | None
Texts = list[str] | None


def compare(
    subjects: Annotated[list[str], typer.Argument(help="Folders of finished runs, TOML files, presets.")],
    tokens: Annotated[int | None, typer.Option(help="Target tokens, or examples.", rich_help_panel=_BUDGET)] = None,
    updates: Annotated[int | None, typer.Option(help="Updates.", rich_help_panel=_BUDGET)] = None,
    minutes: Annotated[float | None, typer.Option(help="Minutes of training.", rich_help_panel=_BUDGET)] = None,
    reach: Annotated[float | None, typer.Option(help="Tell the time to this score, such as 30 (BLEU).")] = None,
    beam: Annotated[int | None, typer.Option(min=1, help="Beam width; by default each recipe's.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Processor threads for measuring.")] = None,
    names: Annotated[Text, typer.Option(help="Names of the subjects, such as a,b,c.")] = None,
    output: Annotated[Path, typer.Option(help="Folder of the report and of recipes' runs.")] = Path("comparison"),
    source: Annotated[File, data_option("Text file, one source a line.")] = None,
    target: Annotated[File, data_option("Text file with their translations, labels or numbers.")] = None,
    corpus: Annotated[Files, data_option("File of pairs, table, or folder of pictures, as in training.")] = None,
    text: Annotated[Texts, data_option("Text file, or LABEL=FILE, as in training. Repeatable.")] = None,
    columns: Annotated[Text, data_option("Columns of the files, such as en,de; of rows the target's alone.")] = None,
    features: Annotated[Text, data_option("Columns of a table's row that are read, such as a,b; else all.")] = None,
    categorical: Annotated[Text, data_option("Columns of numbers that are names, such as a,b.")] = None,
    file_format: Annotated[Text, typer.Option("--format", help="Format of the files, if nothing tells it.")] = None,
    validation_source: Annotated[File, data_option("Validation set; else some examples are held out.")] = None,
    validation_target: Annotated[File, data_option("Its translations, labels or numbers.")] = None,
    validation: Annotated[Files, data_option("Validation set, as --corpus is. Repeatable.")] = None,
    validation_text: Annotated[Texts, data_option("Validation set, as --text is. Repeatable.")] = None,
    test_source: Annotated[File, data_option("Test set; else some examples are held out.")] = None,
    test_target: Annotated[File, data_option("Its translations, labels or numbers.")] = None,
    test: Annotated[Files, data_option("Test set, as --corpus is. Repeatable.")] = None,
    test_text: Annotated[Texts, data_option("Test set, as --text is. Repeatable.")] = None,
    source_language: Annotated[Text, typer.Option("--from", help="Source language, such as en.")] = None,
    target_language: Annotated[Text, typer.Option("--to", help="Target language, such as de.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="Change a value of every recipe.")] = None,
) -> None:
    """Compare recipes, trained under one budget, or finished runs: a table, pictures and a page."""
    from dragoman.cli.settings import corpora, recipe_with
    from dragoman.comparison.budget import Budget
    from dragoman.comparison.compare import PAGE
    from dragoman.comparison.compare import compare as compare_subjects
    from dragoman.training.progress import TerminalProgress

    sections = {
        "train": corpora(source, target, corpus, None, columns, file_format, text),
        "validation": corpora(
            validation_source, validation_target, validation, None, columns, file_format, validation_text
        ),
        "test": corpora(test_source, test_target, test, None, columns, file_format, test_text),
    }
    complete = functools.partial(
        recipe_with,
        sections=sections,
        source_language=source_language,
        target_language=target_language,
        settings=settings or [],
        columns=columns,
        features=features,
        categorical=categorical,
    )
    found = _subjects(subjects, names, complete)
    given = any(value is not None for value in (tokens, updates, minutes))
    with TerminalProgress() as progress:
        report = compare_subjects(
            found,
            output,
            budget=Budget(tokens, updates, minutes) if given else None,
            reach=reach,
            beam=beam,
            threads=threads,
            tell=print,
            observers=[progress],
        )
    _print(report)
    print(f"\nPage: {output / PAGE}")


def _print(report: Report) -> None:
    from rich.console import Console

    from dragoman.comparison.report import cost_columns, notes, quality_columns
    from dragoman.evaluation.text_table import aligned

    console = Console()
    for shown in (quality_columns(report), cost_columns(report)):
        for line in aligned([tuple(shown), *zip(*shown.values(), strict=True)]):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        console.print()
    for note in notes(report):
        console.print(f"- {note}", markup=False, highlight=False)


def _subjects(subjects: list[str], names: str | None, complete: Callable[[str], Recipe]) -> list[Subject]:
    from dragoman.comparison.subject import Subject
    from dragoman.errors import RecipeError

    called = names.split(",") if names is not None else [Path(subject).stem for subject in subjects]
    if len(called) != len(subjects):
        raise RecipeError([f"--names {names}: {len(called)} names for {len(subjects)} subjects"])
    return [
        Subject(name, Path(subject) if Path(subject).is_dir() else complete(subject))
        for name, subject in zip(called, subjects, strict=True)
    ]
