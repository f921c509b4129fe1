"""``dragoman compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.train import data_option

if TYPE_CHECKING:
    from dragoman.comparison.report import Report
    from dragoman.comparison.subject import Subject

_BUDGET = "Budget of recipes (one of these)"

File = Path | None
Files = list[Path] | None
Text = str | None


def compare(
    subjects: Annotated[list[str], typer.Argument(help="Folders of finished runs, TOML files, presets.")],
    tokens: Annotated[int | None, typer.Option(help="Target tokens.", rich_help_panel=_BUDGET)] = None,
    updates: Annotated[int | None, typer.Option(help="Updates.", rich_help_panel=_BUDGET)] = None,
    minutes: Annotated[float | None, typer.Option(help="Minutes of training.", rich_help_panel=_BUDGET)] = None,
    reach: Annotated[float | None, typer.Option(help="Tell the time to this score (BLEU).")] = None,
    beam: Annotated[int | None, typer.Option(min=1, help="Beam width; by default each recipe's.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Processor threads for measuring.")] = None,
    names: Annotated[Text, typer.Option(help="Names of the subjects, such as a,b,c.")] = None,
    output: Annotated[Path, typer.Option(help="Folder of the report and of recipes' runs.")] = Path("comparison"),
    source: Annotated[File, data_option("Text file, one source sentence a line.")] = None,
    target: Annotated[File, data_option("Text file, one target sentence a line.")] = None,
    corpus: Annotated[Files, data_option("File of pairs. Repeatable.")] = None,
    text: Annotated[Files, data_option("Text file for language models. Repeatable.")] = None,
    columns: Annotated[Text, data_option("Columns of the files, such as en,de.")] = None,
    file_format: Annotated[Text, typer.Option("--format", help="Format of the files, if nothing tells it.")] = None,
    validation_source: Annotated[File, data_option("Validation set; else some pairs are held out.")] = None,
    validation_target: Annotated[File, data_option("Its translations.")] = None,
    test_source: Annotated[File, data_option("Test set; else some pairs are held out.")] = None,
    test_target: Annotated[File, data_option("Its translations.")] = None,
    source_language: Annotated[Text, typer.Option("--from", help="Source language, such as en.")] = None,
    target_language: Annotated[Text, typer.Option("--to", help="Target language, such as de.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="Change a value of every recipe.")] = None,
) -> None:
    """Compare recipes, trained under one budget, or finished runs: a table, pictures and a page."""
    from dragoman.cli.settings import corpora
    from dragoman.comparison.budget import Budget
    from dragoman.comparison.compare import PAGE
    from dragoman.comparison.compare import compare as compare_subjects
    from dragoman.training.progress import TerminalProgress

    sections = {
        "train": corpora(source, target, corpus, None, columns, file_format, text),
        "validation": corpora(validation_source, validation_target),
        "test": corpora(test_source, test_target),
    }
    found = _subjects(subjects, names, sections, (source_language, target_language), settings or [])
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


def _subjects(
    subjects: list[str],
    names: str | None,
    sections: dict[str, list[dict[str, object]]],
    languages: tuple[str | None, str | None],
    settings: list[str],
) -> list[Subject]:
    from dragoman.cli.settings import recipe_with
    from dragoman.comparison.subject import Subject
    from dragoman.errors import RecipeError

    called = names.split(",") if names is not None else [Path(subject).stem for subject in subjects]
    if len(called) != len(subjects):
        raise RecipeError([f"--names {names}: {len(called)} names for {len(subjects)} subjects"])
    return [
        Subject(name, Path(subject) if Path(subject).is_dir() else recipe_with(subject, sections, *languages, settings))
        for name, subject in zip(called, subjects, strict=True)
    ]
