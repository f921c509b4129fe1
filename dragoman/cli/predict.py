"""``dragoman predict``."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.cli.data_options import DecimalMark, Separator
from dragoman.cli.options import Device
from dragoman.cli.output_file import STANDARD_OUTPUT, emit, output_option
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.cli.table_input import Table
    from dragoman.data.read_table import Writing
    from dragoman.fields.place import TablePlace
    from dragoman.predict.predictor import Predictor

_INPUT = (
    "Text file, one text a line; or table (CSV, TSV, Parquet, JSON lines) of texts, of pictures' paths, or whose rows "
    "are read. Of a model that reads text, standard input if not given."
)
_PREDICTION = "prediction"


def predict(
    model: Annotated[Path, typer.Argument(help="Folder of a model that predicts labels, numbers or tags.")],
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
    device: Device = "auto",
) -> None:
    """Say the label or the number of texts, pictures or rows of a table, or the tags of the words of texts.

    Lines of text give a line each. A table gives its rows as CSV with a column `prediction` behind them, and pictures
    give a table of `path` and `prediction`.
    """
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_output

    inputs: list[Path | None] = [*image] if image else [source]
    check_output(output or STANDARD_OUTPUT, [model, *inputs])
    check_model(model)

    from dragoman.cli.picture_input import picture_files
    from dragoman.cli.table_input import writing_of
    from dragoman.predict.predictor import Predictor
    from dragoman.recipe.kinds import sentence_of

    check_output(output or STANDARD_OUTPUT, [model, *(picture_files(image) if image else [source])])
    predictor = Predictor.load(model, device=device)
    if probabilities and not predictor.labels:
        raise InputError(
            f"{sentence_of(predictor.recipe.model)}, and gives no probabilities",
            file=model,
            remedy="leave --probabilities away.",
        )
    given = _given(_Asked(predictor, model, source, image, column, writing_of(separator, decimal)))
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a person gave to be predicted, and how."""

    predictor: Predictor
    model: Path
    source: Path | None
    images: list[Path] | None
    column: str | None
    writing: Writing

    def table(self, column: str | None = None) -> Table | None:
        """The table that was given, of which a column is wanted or all; None if something else was given."""
        from dragoman.cli.table_input import Table, is_table

        if self.source is None or not is_table(self.source):
            return None
        return Table.read(self.source, column, self.writing)

    def column_of(self) -> str:
        """The column of texts or pictures: the one that was named, or that of training."""
        from dragoman.recipe.columns import source_column

        return self.column or source_column(self.predictor.recipe)

    def refuse_column(self) -> None:
        """Refuse a column where there is no table.

        Raises:
            InputError: naming it.
        """
        if self.column is not None:
            raise InputError(
                f"--column {self.column} is of a table, and there is none",
                file=self.source,
                remedy="give a table with --input: a file .csv, .tsv, .parquet or .jsonl.",
            )

    def refuse_images(self) -> None:
        """Refuse pictures where the model reads something else.

        Raises:
            InputError: saying what it reads.
        """
        if self.images:
            from dragoman.recipe.kinds import sentence_of

            raise InputError(
                f"--image gives pictures, and {sentence_of(self.predictor.recipe.model)}",
                file=self.model,
                remedy="give --input FILE instead.",
            )

    def nothing(self, wanted: str) -> InputError:
        """The error for a model that was given nothing it can read."""
        from dragoman.recipe.kinds import sentence_of

        what = "nothing was given" if self.source is None else "this is no table, by the ending of its name"
        return InputError(
            f"{what}; {sentence_of(self.predictor.recipe.model)}",
            file=self.source or self.model,
            remedy=f"give {wanted}: a table is a file .csv, .tsv, .parquet or .jsonl.",
        )


def _given(asked: _Asked) -> _Given:
    """What is to be predicted, by the kind of input that the model reads."""
    from dragoman.predict.given import PICTURES, ROWS, TEXTS

    readers: dict[str, Callable[[_Asked], _Given]] = {TEXTS: _texts, PICTURES: _pictures, ROWS: _rows}
    return readers[asked.predictor.inputs.plural](asked)


def _texts(asked: _Asked) -> _Given:
    from dragoman.cli.text_input import from_terminal, read_lines

    asked.refuse_images()
    column = asked.column_of()
    table = asked.table(column)
    if table is not None:
        return _Given(table.texts(column), *table.printable())
    asked.refuse_column()
    if asked.source is None and from_terminal():
        raise InputError(
            "nothing was given to predict of",
            file=asked.model,
            remedy="give a text file or a table with --input, or pipe lines of text to standard input.",
        )
    lines = list(read_lines(asked.source))
    return _Given(lines, ["text"], [[line] for line in lines], is_lines=True)


def _pictures(asked: _Asked) -> _Given:
    from dragoman.cli.picture_input import readable_files
    from dragoman.data.formats.idx import is_idx, read_idx_pictures

    if asked.images:
        if asked.source is not None or asked.column is not None:
            raise InputError(
                "--image was given, and --input or --column too",
                file=asked.source,
                remedy="give pictures with --image, or a table of them with --input.",
            )
        files = readable_files(asked.images)
        return _Given(files, ["path"], [[str(file)] for file in files])
    column = asked.column_of()
    table = asked.table(column)
    if table is not None:
        return _Given(table.pictures(column), *table.printable(), table.place(column))
    if asked.source is not None and is_idx(asked.source):
        pictures = list(read_idx_pictures(asked.source))
        return _Given(pictures, ["picture"], [[str(number)] for number in range(1, len(pictures) + 1)])
    asked.refuse_column()
    raise asked.nothing("--image PICTURE, or --input with a table of pictures")


def _rows(asked: _Asked) -> _Given:
    asked.refuse_images()
    if asked.column is not None and asked.source is not None:
        raise InputError(
            f"--column {asked.column}: this model reads the columns that it was trained on",
            file=asked.model,
            remedy="leave --column away.",
        )
    table = asked.table()
    if table is None:
        asked.refuse_column()
        raise asked.nothing("--input TABLE")
    return _Given(table.frame(), *table.printable(), table.place())


def _predicted(predictor: Predictor, given: _Given, probabilities: bool) -> list[list[str]]:
    """For each input what is said of it and, if asked for, the probability of each label."""
    if not probabilities:
        return [[said] for said in predictor.written(predictor.predict(given.inputs, given.place))]
    found = predictor.probabilities(given.inputs, given.place)
    said = [predictor.labels[number] for number in found.argmax(1).tolist()]
    return [[label, *(f"{share:.6g}" for share in shares)] for label, shares in zip(said, found.tolist(), strict=True)]


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
