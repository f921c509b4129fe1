"""New examples that a command is given: inputs from one file or several, with their true outputs and documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from dragoman.cli.data_options import data_option
from dragoman.cli.model_input import AskedInputs, GivenInputs
from dragoman.cli.option_group import OptionGroup
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.cli.table_input import Table
    from dragoman.diagnosis.shift.diagnose import NewExamples
    from dragoman.fields.place import TablePlace

BLANK_LINES, FILES = "blank-lines", "files"


References = Annotated[
    str | None,
    data_option(
        "Reference translations, or the texts of the pictures: a text file with a line for each input, or a column of "
        "the table.",
        "--reference-translations",
        "--references",
    ),
]
Labels = Annotated[
    str | None, data_option("True labels: a text file with one for each input, or a column of the table.")
]
Numbers = Annotated[str | None, data_option("True numbers, likewise.")]
Tags = Annotated[str | None, data_option("True tags: a line for each text, with a tag for each word; or a column.")]


@dataclass(frozen=True, kw_only=True)
class GivenTruth(OptionGroup):
    """The true outputs of new inputs, by what the model predicts."""

    reference_translations: References = None
    labels: Labels = None
    numbers: Numbers = None
    tags: Tags = None

    def of(self, truth: str, model: str, folder: Path) -> str | None:
        """The file or column of true outputs that fit a model; None if none was given.

        Args:
            truth: plural name of its true outputs, as a task has it; empty if there are none.
            model: a sentence on the model.
            folder: folder of the model.

        Raises:
            InputError: if those of another kind of model were given.
        """
        given = {
            "references": ("--reference-translations", self.reference_translations),
            "labels": ("--labels", self.labels),
            "numbers": ("--numbers", self.numbers),
            "tags": ("--tags", self.tags),
        }
        wrong = [option for kind, (option, value) in given.items() if value is not None and kind != truth]
        if wrong:
            remedy = f"give {given[truth][0]} instead, or leave it out." if truth else "leave it out."
            raise InputError(f"{wrong[0]} was given, and {model}", file=folder, remedy=remedy)
        return given[truth][1] if truth else None


@dataclass(frozen=True, slots=True)
class _Part:
    """What one file holds.

    Attributes:
        asked: how it was asked for.
        given: inputs in it.
    """

    asked: AskedInputs
    given: GivenInputs

    @property
    def count(self) -> int:
        return len(self.given.cells)

    def table(self, column: str) -> Table | None:
        return self.asked.table(column)


def read_examples(parts: Sequence[AskedInputs], truth: str | None, documents: str | None) -> NewExamples:
    """The examples that a person names.

    Args:
        parts: each file of inputs, or all pictures; or standard input alone.
        truth: file or column of the true outputs; None if they are not known.
        documents: ``blank-lines``, ``files``, or a column of the tables; None if inputs are taken one by one.

    Raises:
        InputError: if something cannot be read, or the numbers of inputs and outputs differ.
    """
    from dragoman.diagnosis.shift.diagnose import NewExamples

    read = [_Part(asked, asked.given()) for asked in parts]
    references, at = (None, None) if truth is None else _references(read, truth)
    return NewExamples(
        inputs=_joined([part.given for part in read]),
        references=references,
        documents=None if documents is None else _documents(read, documents),
        table=read[0].given.place if len(read) == 1 else None,
        references_at=at,
        file=read[0].asked.source if len(read) == 1 else None,
    )


def _joined(parts: Sequence[GivenInputs]) -> Iterable[object]:
    if len(parts) == 1:
        return parts[0].inputs
    if all(isinstance(part.inputs, list) for part in parts):
        return [one for part in parts for one in part.inputs]
    import pandas as pd

    return pd.concat([part.inputs for part in parts], ignore_index=True)


def _references(parts: Sequence[_Part], truth: str) -> tuple[list[object], TablePlace | None]:
    """True outputs: of a column that all tables have, else of a file with a line for each input."""
    from dragoman.cli.text_input import read_lines
    from dragoman.fields.place import TablePlace

    tables = [part.table(truth) for part in parts]
    known = [table for table in tables if table is not None]
    file = Path(truth)
    if len(known) == len(parts) and (not file.exists() or all(truth in table.header for table in known)):
        cells = [cell for table in known for cell in table.column(truth)]
        return cells, known[0].place() if len(known) == 1 else None
    lines: list[object] = list(read_lines(file))
    count = sum(part.count for part in parts)
    if len(lines) != count:
        named = ", ".join(str(part.asked.source) for part in parts if part.asked.source is not None) or "the input"
        raise InputError(
            f"{len(lines):,} lines, and {named} has {count:,}",
            file=file,
            cause="lines were added or lost in one of the files, or a line break stands inside a text.",
            remedy="give one line for each input, in their order.",
        )
    return lines, TablePlace(file, list(range(1, count + 1)))


def _documents(parts: Sequence[_Part], documents: str) -> list[object]:
    """The document of each input."""
    if documents == FILES:
        if len(parts) == 1:
            raise InputError(
                "--documents files: there is one file only, so all inputs are of one document",
                file=parts[0].asked.source,
                remedy="give a file for each document, with --input several times.",
            )
        return [number for number, part in enumerate(parts) for _ in range(part.count)]
    if documents == BLANK_LINES:
        found: list[object] = []
        for number, part in enumerate(parts):
            if not part.given.is_lines:
                raise InputError(
                    "--documents blank-lines is for text files, and this is none",
                    file=part.asked.source,
                    remedy="name the column of the table that says which document each row is from.",
                )
            found += _between_blank_lines(number, part.given.inputs)
        return found
    cells: list[object] = []
    for part in parts:
        table = part.table(documents)
        if table is None:
            raise InputError(
                f"--documents {documents} is a column of a table, and this is none",
                file=part.asked.source,
                remedy=f"give {BLANK_LINES} if an empty line ends a document, or {FILES} if each file is one.",
            )
        cells += map(str, table.column(documents))
    return cells


def _between_blank_lines(file: int, lines: Sequence[str]) -> list[object]:
    """The document of each line of a file: how many empty lines stand before it."""
    found: list[object] = []
    before = 0
    for line in lines:
        before += not line.strip()
        found.append((file, before))
    return found
