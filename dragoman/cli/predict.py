"""``dragoman predict``."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.cli.data_options import DecimalMark, Separator
from dragoman.cli.output_file import STANDARD_OUTPUT, emit, output_option
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.data.grid.read_table import Writing
    from dragoman.fields.place import TablePlace
    from dragoman.predict.predictor import Predictor

_INPUT = (
    "Text file, one text a line; or table (CSV, TSV, Parquet, JSON lines) of texts, of pictures' paths, or whose rows "
    "are read. Of a model that reads text, standard input if not given."
)
_PREDICTION = "prediction"


def predict(
    model: Annotated[Path, typer.Argument(help="Folder of a model that says labels or numbers.")],
    source: Annotated[Path | None, typer.Option("--input", help=_INPUT)] = None,
    image: Annotated[list[Path] | None, typer.Option(help="Picture, or folder of pictures. Repeatable.")] = None,
    column: Annotated[
        str | None, typer.Option(help="Column of the table that holds texts or pictures; by default as in training.")
    ] = None,
    separator: Separator = None,
    decimal: DecimalMark = None,
    output: Annotated[Path | None, output_option("File to write; standard output if not given.")] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Add a column with the probability of each label.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Say the label or the number of texts, pictures or rows of a table.

    Lines of text give a line each. A table gives its rows as CSV with a column `prediction` behind them, and pictures
    give a table of `path` and `prediction`.
    """
    from dragoman.cli.picture_input import picture_files
    from dragoman.cli.table_input import writing_of
    from dragoman.predict.predictor import Predictor
    from dragoman.storage.output import check_output

    check_output(output or STANDARD_OUTPUT, [model, *(picture_files(image) if image else [source])])
    predictor = Predictor.load(model, device=device)
    if probabilities and not predictor.labels:
        raise InputError(
            "this model says numbers, which have no probabilities", file=model, remedy="leave --probabilities away."
        )
    given = _given(predictor, model, source, image, column, writing_of(separator, decimal))
    added = [_PREDICTION] + [f"probability of {label}" for label in predictor.labels if probabilities]
    for name in added:
        if name in given.header and not given.is_lines:
            raise InputError(
                f"the table has a column `{name}` already", file=source, remedy="rename it, or leave it out."
            )
    rows = _predicted(predictor, given, probabilities)
    if given.is_lines and not probabilities:
        text = "".join(" ".join(row[0].splitlines()) + "\n" for row in rows)
    else:
        cells = [[*before, *behind] for before, behind in zip(given.cells, rows, strict=True)]
        text = _csv([[*given.header, *added], *cells])
    emit(output, text.encode())


@dataclass(frozen=True, slots=True)
class _Given:
    """What is to be predicted, and the table that predictions are put behind."""

    inputs: Any
    header: list[str]
    cells: Sequence[Sequence[str]]
    place: TablePlace | None = None
    is_lines: bool = False


def _given(
    predictor: Predictor,
    model: Path,
    source: Path | None,
    images: list[Path] | None,
    column: str | None,
    writing: Writing,
) -> _Given:
    from dragoman.cli.table_input import is_table
    from dragoman.data.formats.idx import is_idx, read_idx_pictures

    reads = predictor.recipe.model.reads
    if images:
        return _pictures(reads, model, source, images, column)
    if source is not None and is_table(source):
        return _of_table(predictor, model, source, column, writing)
    if source is not None and reads == "picture" and is_idx(source):
        pictures = list(read_idx_pictures(source))
        return _Given(pictures, ["picture"], [[str(number)] for number in range(1, len(pictures) + 1)])
    if column is not None:
        raise InputError(
            f"--column {column} is of a table, and there is none",
            file=source,
            remedy="give a table with --input: a file .csv, .tsv, .parquet or .jsonl.",
        )
    if reads == "text":
        return _lines(model, source)
    wanted = "--input TABLE" if reads == "row" else "--image PICTURE, or --input with a table of pictures"
    what = "nothing was given" if source is None else "this is no table, by the ending of its name"
    raise InputError(
        f"{what}; the model reads {'rows of a table' if reads == 'row' else 'pictures'}",
        file=source or model,
        remedy=f"give {wanted}: a table is a file .csv, .tsv, .parquet or .jsonl.",
    )


def _lines(model: Path, source: Path | None) -> _Given:
    from dragoman.cli.text_input import from_terminal, read_lines

    if source is None and from_terminal():
        raise InputError(
            "nothing was given to predict of",
            file=model,
            remedy="give a text file or a table with --input, or pipe lines of text to standard input.",
        )
    lines = list(read_lines(source))
    return _Given(lines, ["text"], [[line] for line in lines], is_lines=True)


def _pictures(reads: str, model: Path, source: Path | None, images: list[Path], column: str | None) -> _Given:
    from dragoman.cli.picture_input import readable_files

    if reads != "picture":
        raise InputError(
            f"--image gives pictures, and this model reads {'rows of a table' if reads == 'row' else 'text'}",
            file=model,
            remedy="give --input FILE instead.",
        )
    if source is not None or column is not None:
        raise InputError(
            "--image was given, and --input or --column too",
            file=source,
            remedy="give pictures with --image, or a table of them with --input.",
        )
    files = readable_files(images)
    return _Given(files, ["path"], [[str(file)] for file in files])


def _of_table(predictor: Predictor, model: Path, source: Path, column: str | None, writing: Writing) -> _Given:
    from dragoman.cli.settings import source_column
    from dragoman.cli.table_input import Table

    recipe = predictor.recipe
    if recipe.model.reads == "row":
        if column is not None:
            raise InputError(
                f"--column {column}: this model reads the columns that it was trained on",
                file=model,
                remedy="leave --column away.",
            )
        table = Table.read(source, writing=writing)
        return _Given(table.frame(), *table.printable(), table.place())
    column = column or source_column(recipe)
    table = Table.read(source, column, writing)
    header, cells = table.printable()
    if recipe.model.reads == "text":
        return _Given(table.texts(column), header, cells)
    return _Given(table.pictures(column), header, cells, table.place(column))


def _predicted(predictor: Predictor, given: _Given, probabilities: bool) -> list[list[str]]:
    """For each input what is said of it and, if asked for, the probability of each label."""
    if not predictor.labels:
        return [[f"{number:.9g}"] for number in predictor.predict(given.inputs, given.place)]
    found = predictor.probabilities(given.inputs, given.place)
    said = [predictor.labels[number] for number in found.argmax(1).tolist()]
    if not probabilities:
        return [[label] for label in said]
    return [[label, *(f"{share:.6g}" for share in shares)] for label, shares in zip(said, found.tolist(), strict=True)]


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
