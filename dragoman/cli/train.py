"""``dragoman train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dragoman.recipe import Recipe

_DATA = "Data"
_FORMAT = "Format of the files, if neither name nor content tells it: table, json-lines, parquet, po, mo, xliff, tmx."

File = Path | None
Files = list[Path] | None
Text = str | None


def data_option(help: str) -> Any:
    """An option that names data."""
    return typer.Option(help=help, rich_help_panel=_DATA, show_default=False)


def train(
    recipe: Annotated[
        str,
        typer.Argument(
            help="A TOML file, or a preset: tiny, fast, small, base, recurrent, convolution, language-model."
        ),
    ] = "tiny",
    source: Annotated[File, data_option("Text file, one source sentence a line.")] = None,
    target: Annotated[File, data_option("Text file, one target sentence a line.")] = None,
    corpus: Annotated[
        Files, data_option("File of pairs: TSV, CSV, Parquet, JSON lines, PO, MO, XLIFF, TMX. Repeatable.")
    ] = None,
    catalogue: Annotated[Files, data_option("Folder, zip or wheel with a file for each language. Repeatable.")] = None,
    text: Annotated[
        Files, data_option("Text file for a language model, one line a sentence or paragraph. Repeatable.")
    ] = None,
    columns: Annotated[Text, data_option("Columns of the files, such as en,de.")] = None,
    file_format: Annotated[Text, typer.Option("--format", help=_FORMAT, rich_help_panel=_DATA)] = None,
    validation_source: Annotated[File, data_option("Validation set; else some pairs are held out.")] = None,
    validation_target: Annotated[File, data_option("Its translations.")] = None,
    validation: Annotated[Files, data_option("Validation set as a file of pairs. Repeatable.")] = None,
    test_source: Annotated[File, data_option("Test set; else some pairs are held out.")] = None,
    test_target: Annotated[File, data_option("Its translations.")] = None,
    test: Annotated[Files, data_option("Test set as a file of pairs. Repeatable.")] = None,
    validation_text: Annotated[Files, data_option("Validation set of a language model. Repeatable.")] = None,
    test_text: Annotated[Files, data_option("Test set of a language model. Repeatable.")] = None,
    source_language: Annotated[Text, typer.Option("--from", help="Source language, such as en.")] = None,
    target_language: Annotated[Text, typer.Option("--to", help="Target language, such as de.")] = None,
    output: Annotated[File, typer.Option(help="Folder of the run; by default runs/FROM-TO-RECIPE.")] = None,
    resume: Annotated[File, typer.Option(help="Go on with the interrupted run in this folder.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Change a value of the recipe: training.seed=2.")
    ] = None,
) -> None:
    """Train a translator on parallel text, or a language model on text, evaluate it, and write its card."""
    from dragoman.cli.report import print_run
    from dragoman.training.progress import TerminalProgress
    from dragoman.training.run import resume as resume_run
    from dragoman.training.run import train as train_run

    if resume is not None:
        with TerminalProgress() as progress:
            run = resume_run(resume, observers=[progress])
        print_run(run)
        return
    from dragoman.cli.settings import corpora, recipe_with

    sections = {
        "train": corpora(source, target, corpus, catalogue, columns, file_format, text),
        "validation": corpora(
            validation_source, validation_target, validation, None, columns, file_format, validation_text
        ),
        "test": corpora(test_source, test_target, test, None, columns, file_format, test_text),
    }
    complete = recipe_with(recipe, sections, source_language, target_language, settings or [])
    folder = output or Path("runs") / _name(complete, Path(recipe).stem)
    with TerminalProgress() as progress:
        run = train_run(complete, folder, observers=[progress])
    print_run(run)


def _name(recipe: Recipe, stem: str) -> str:
    languages = [recipe.data.source_language, recipe.data.target_language]
    return "-".join([*(languages[1:] if recipe.model.is_language_model else languages), stem])
