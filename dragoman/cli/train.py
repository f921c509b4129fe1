"""``dragoman train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dragoman.recipe import Recipe

_DATA = "Data"
_RECIPE = (
    "A TOML file, or a preset: tiny, fast, small, base, demo, recurrent, convolution (translators), language-model, "
    "reader, text-label, text-number, picture-label, row-label, row-number."
)
_CORPUS = (
    "Table (TSV, CSV, Parquet, JSON lines) of texts, pictures' paths or anything else in columns; file of translations "
    "(also PO, MO, XLIFF, TMX); or folder with a folder of pictures for each label. Repeatable."
)
_TEXT = (
    "Text file, one line a sentence or paragraph: for a language model, or to be rendered for a reader of pictures; as "
    "LABEL=FILE for a model that says labels. Repeatable."
)
_COLUMNS = "Columns of the files: source and target, such as en,de; of a table whose rows are read the target alone."
_FORMAT = "Format of the files, if neither name nor content tells it: table, json-lines, parquet, po, mo, xliff, tmx."

File = Path | None
Files = list[Path] | None
Text = str | None
Texts = list[str] | None


def data_option(help: str) -> Any:
    """An option that names data."""
    return typer.Option(help=help, rich_help_panel=_DATA, show_default=False)


def train(
    recipe: Annotated[str, typer.Argument(help=_RECIPE)] = "tiny",
    source: Annotated[File, data_option("Text file, one source a line.")] = None,
    target: Annotated[File, data_option("Text file, for each source a line: its translation, label or number.")] = None,
    corpus: Annotated[Files, data_option(_CORPUS)] = None,
    catalogue: Annotated[
        Files, data_option("Folder, zip or wheel with a file of translations for each language. Repeatable.")
    ] = None,
    text: Annotated[Texts, data_option(_TEXT)] = None,
    columns: Annotated[Text, data_option(_COLUMNS)] = None,
    features: Annotated[Text, data_option("Columns of a table's row that are read, such as a,b; else all.")] = None,
    categorical: Annotated[Text, data_option("Columns of numbers that are names, such as a,b.")] = None,
    file_format: Annotated[Text, typer.Option("--format", help=_FORMAT, rich_help_panel=_DATA)] = None,
    validation_source: Annotated[File, data_option("Validation set; else some examples are held out.")] = None,
    validation_target: Annotated[File, data_option("Its translations, labels or numbers.")] = None,
    validation: Annotated[Files, data_option("Validation set, as --corpus is. Repeatable.")] = None,
    validation_text: Annotated[Texts, data_option("Validation set, as --text is. Repeatable.")] = None,
    test_source: Annotated[File, data_option("Test set; else some examples are held out.")] = None,
    test_target: Annotated[File, data_option("Its translations, labels or numbers.")] = None,
    test: Annotated[Files, data_option("Test set, as --corpus is. Repeatable.")] = None,
    test_text: Annotated[Texts, data_option("Test set, as --text is. Repeatable.")] = None,
    source_language: Annotated[Text, typer.Option("--from", help="Source language, such as en.")] = None,
    target_language: Annotated[
        Text, typer.Option("--to", help="Target language, or the language of a text, such as de.")
    ] = None,
    output: Annotated[
        File, typer.Option(help="Folder of the run; by default runs/RECIPE, of translators runs/FROM-TO-RECIPE.")
    ] = None,
    resume: Annotated[File, typer.Option(help="Go on with the interrupted run in this folder.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Change a value of the recipe: training.seed=2.")
    ] = None,
) -> None:
    """Train a model by a recipe on data of your own, evaluate it, and write its card.

    A recipe says what goes in (text, pictures, rows of a table, nothing) and what comes out (text, a label, a number).
    """
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
    lists = {"columns": columns, "features": features, "categorical": categorical}
    complete = recipe_with(recipe, sections, source_language, target_language, settings or [], **lists)
    folder = output or Path("runs") / _name(complete, Path(recipe).stem)
    with TerminalProgress() as progress:
        run = train_run(complete, folder, observers=[progress])
    print_run(run)


def _name(recipe: Recipe, stem: str) -> str:
    if recipe.model.is_translator:
        return f"{recipe.data.source_language}-{recipe.data.target_language}-{stem}"
    return f"{recipe.data.target_language}-{stem}" if recipe.model.is_language_model else stem
