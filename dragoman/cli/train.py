"""``dragoman train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from dragoman.errors import RecipeError

_DATA, _RUN = "Data", "Run"


def train(
    recipe: Annotated[str, typer.Argument(help="A TOML file, or a preset: tiny, small, base.")] = "tiny",
    source: Annotated[
        Path | None, typer.Option(help="Text file, one source sentence a line.", rich_help_panel=_DATA)
    ] = None,
    target: Annotated[
        Path | None, typer.Option(help="Text file, one target sentence a line.", rich_help_panel=_DATA)
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="TSV or CSV file instead of two text files.", rich_help_panel=_DATA)
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Columns of the tables, such as en,de.", rich_help_panel=_DATA)
    ] = None,
    validation_source: Annotated[
        Path | None, typer.Option(help="Validation set; else held out.", rich_help_panel=_DATA)
    ] = None,
    validation_target: Annotated[Path | None, typer.Option(rich_help_panel=_DATA, show_default=False)] = None,
    validation_table: Annotated[Path | None, typer.Option(rich_help_panel=_DATA, show_default=False)] = None,
    test_source: Annotated[Path | None, typer.Option(help="Test set; else held out.", rich_help_panel=_DATA)] = None,
    test_target: Annotated[Path | None, typer.Option(rich_help_panel=_DATA, show_default=False)] = None,
    test_table: Annotated[Path | None, typer.Option(rich_help_panel=_DATA, show_default=False)] = None,
    source_language: Annotated[
        str | None, typer.Option("--from", help="Source language, such as en.", rich_help_panel=_DATA)
    ] = None,
    target_language: Annotated[
        str | None, typer.Option("--to", help="Target language, such as de.", rich_help_panel=_DATA)
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder of the run; by default runs/FROM-TO-RECIPE.", rich_help_panel=_RUN)
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the interrupted run in this folder.", rich_help_panel=_RUN)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a value of the recipe: training.seed=2.", rich_help_panel=_RUN),
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
    from dragoman.cli.settings import corpus, merge, nest, parse_settings
    from dragoman.recipe import load_recipe

    changes: dict[str, Any] = {}
    for split, section in (
        ("train", corpus(source, target, table, columns)),
        ("validation", corpus(validation_source, validation_target, validation_table, None)),
        ("test", corpus(test_source, test_target, test_table, None)),
    ):
        if section:
            named = {key: value for key, value in corpus(None, None, None, columns).items() if "table" in section}
            changes = merge(changes, nest(f"data.{split}", section | named))
    for key, language in (("source_language", source_language), ("target_language", target_language)):
        if language is not None:
            changes = merge(changes, nest(f"data.{key}", language))
    complete = load_recipe(recipe, changes=merge(changes, parse_settings(settings or [])))
    if complete.data.train is None:
        raise RecipeError(["data.train: no training data; give --source and --target, or --table"], file=recipe)
    languages = f"{complete.data.source_language}-{complete.data.target_language}"
    folder = output or Path("runs") / f"{languages}-{Path(recipe).stem}"
    with TerminalProgress() as progress:
        run = train_run(complete, folder, observers=[progress])
    print_run(run)
