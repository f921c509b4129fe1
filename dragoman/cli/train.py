"""``dragoman train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from dragoman.errors import RecipeError

_DATA = "Data"

File = Path | None
Text = str | None


def _data(help: str) -> Any:
    return typer.Option(help=help, rich_help_panel=_DATA, show_default=False)


def train(
    recipe: Annotated[str, typer.Argument(help="A TOML file, or a preset: tiny, small, base.")] = "tiny",
    source: Annotated[File, _data("Text file, one source sentence a line.")] = None,
    target: Annotated[File, _data("Text file, one target sentence a line.")] = None,
    table: Annotated[File, _data("TSV or CSV file instead of two text files.")] = None,
    columns: Annotated[Text, _data("Columns of the tables, such as en,de.")] = None,
    validation_source: Annotated[File, _data("Validation set; else some pairs are held out.")] = None,
    validation_target: Annotated[File, _data("Its translations.")] = None,
    validation_table: Annotated[File, _data("Validation set as a table.")] = None,
    test_source: Annotated[File, _data("Test set; else some pairs are held out.")] = None,
    test_target: Annotated[File, _data("Its translations.")] = None,
    test_table: Annotated[File, _data("Test set as a table.")] = None,
    source_language: Annotated[Text, typer.Option("--from", help="Source language, such as en.")] = None,
    target_language: Annotated[Text, typer.Option("--to", help="Target language, such as de.")] = None,
    output: Annotated[File, typer.Option(help="Folder of the run; by default runs/FROM-TO-RECIPE.")] = None,
    resume: Annotated[File, typer.Option(help="Go on with the interrupted run in this folder.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Change a value of the recipe: training.seed=2.")
    ] = None,
) -> None:
    """Train a translator on parallel text, evaluate it, and write its card."""
    from dragoman.cli.report import print_run
    from dragoman.training.progress import TerminalProgress
    from dragoman.training.run import resume as resume_run
    from dragoman.training.run import train as train_run

    if resume is not None:
        with TerminalProgress() as progress:
            run = resume_run(resume, observers=[progress])
        print_run(run)
        return
    from dragoman.cli.settings import corpus
    from dragoman.recipe import load_recipe

    sections = {
        "train": corpus(source, target, table, columns),
        "validation": corpus(validation_source, validation_target, validation_table, columns),
        "test": corpus(test_source, test_target, test_table, columns),
    }
    languages = {"source_language": source_language, "target_language": target_language}
    complete = load_recipe(recipe, changes=_changes(sections, languages, settings or []))
    if complete.data.train is None:
        raise RecipeError(["data.train: no training data; give --source and --target, or --table"], file=recipe)
    pair = f"{complete.data.source_language}-{complete.data.target_language}"
    folder = output or Path("runs") / f"{pair}-{Path(recipe).stem}"
    with TerminalProgress() as progress:
        run = train_run(complete, folder, observers=[progress])
    print_run(run)


def _changes(
    sections: dict[str, dict[str, Any]], languages: dict[str, str | None], settings: list[str]
) -> dict[str, Any]:
    """What the options change in the recipe; columns alone make no corpus, but may go with the recipe's own."""
    from dragoman.cli.settings import parse_settings
    from dragoman.recipe import merge

    data: dict[str, Any] = {name: section for name, section in sections.items() if _names_file(section)}
    data |= {name: language for name, language in languages.items() if language is not None}
    return merge({"data": data}, parse_settings(settings))


def _names_file(section: dict[str, Any]) -> bool:
    return bool(section.keys() & {"source", "target", "table"})
