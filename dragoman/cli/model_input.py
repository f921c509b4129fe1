"""What a command gives to a model: texts, pictures or rows of a table, from wherever they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.cli.table_input import Table
    from dragoman.data.read_table import Writing
    from dragoman.fields.place import TablePlace
    from dragoman.recipe import Recipe


@dataclass(frozen=True, slots=True)
class GivenInputs:
    """The inputs of a model, and the table that they stand in.

    Attributes:
        inputs: a list of texts or pictures, or a DataFrame of rows.
        header: headings of the table; of other inputs, what they are.
        cells: the cells of each row, for people.
        place: where the rows of a table are, for errors.
        is_lines: whether the inputs are lines of text.
    """

    inputs: Any
    header: list[str]
    cells: Sequence[Sequence[str]]
    place: TablePlace | None = None
    is_lines: bool = False

    def only(self, row: int, source: Path | None) -> GivenInputs:
        """One of the inputs by itself.

        Args:
            row: number of the input, from 1.
            source: file that it stands in, for errors.

        Raises:
            InputError: if there are fewer.
        """
        if row > len(self.cells):
            raise InputError(
                f"there is no row {row:,}; there are {len(self.cells):,}",
                file=source,
                remedy=f"give a number from 1 to {len(self.cells):,}.",
            )
        place = None if self.place is None else self.place.only(row - 1)
        one = slice(row - 1, row)
        return replace(self, inputs=self.inputs[one], cells=self.cells[one], place=place)


@dataclass(frozen=True, slots=True)
class AskedInputs:
    """The options by which a person names the inputs of a model.

    Attributes:
        recipe: recipe of the model.
        model: folder of the model.
        source: file of texts, or table.
        images: pictures.
        column: column of the table.
        writing: how the table is written.
    """

    recipe: Recipe
    model: Path
    source: Path | None
    images: list[Path] | None
    column: str | None
    writing: Writing

    def given(self) -> GivenInputs:
        """The inputs, read by the kind of input that the model reads.

        Raises:
            InputError: if nothing is given, or something that the model does not read.
        """
        return self._kind.read(self)

    @property
    def _kind(self) -> _Kind:
        return _KINDS[self.recipe.model.input_kind]

    def sentence(self, sentence: str) -> GivenInputs:
        """One text that was typed.

        Raises:
            InputError: if the model reads no text.
        """
        from dragoman.recipe.kinds import sentence_of

        if self._kind.instead:
            raise InputError(
                f"a text was given, and {sentence_of(self.recipe.model)}",
                file=self.model,
                remedy=f"give {self._kind.instead} in its place.",
            )
        self.refuse_column()
        return GivenInputs([sentence], ["text"], [[sentence]], is_lines=True)

    def table(self, column: str | None = None) -> Table | None:
        """The table that was given, of which a column is wanted or all; None if something else was given."""
        from dragoman.cli.table_input import Table, is_table

        if self.source is None or not is_table(self.source):
            return None
        return Table.read(self.source, column, self.writing)

    def column_of(self) -> str:
        """The column of texts or pictures: the one that was named, or that of training."""
        from dragoman.recipe.columns import source_column

        return self.column or source_column(self.recipe)

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
                f"--image gives pictures, and {sentence_of(self.recipe.model)}",
                file=self.model,
                remedy="give --input FILE instead.",
            )

    def nothing(self, wanted: str) -> InputError:
        """The error for a model that was given nothing it can read."""
        from dragoman.recipe.kinds import sentence_of

        what = "nothing was given" if self.source is None else "this is no table, by the ending of its name"
        return InputError(
            f"{what}; {sentence_of(self.recipe.model)}",
            file=self.source or self.model,
            remedy=f"give {wanted}: a table is a file .csv, .tsv, .parquet or .jsonl.",
        )


def _texts(asked: AskedInputs) -> GivenInputs:
    from dragoman.cli.text_input import from_terminal, read_lines

    asked.refuse_images()
    column = asked.column_of()
    table = asked.table(column)
    if table is not None:
        return GivenInputs(table.texts(column), *table.printable())
    asked.refuse_column()
    if asked.source is None and from_terminal():
        raise InputError(
            "nothing was given",
            file=asked.model,
            remedy="give a text file or a table with --input, or pipe lines of text to standard input.",
        )
    lines = list(read_lines(asked.source))
    return GivenInputs(lines, ["text"], [[line] for line in lines], is_lines=True)


def _pictures(asked: AskedInputs) -> GivenInputs:
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
        return GivenInputs(files, ["path"], [[str(file)] for file in files])
    column = asked.column_of()
    table = asked.table(column)
    if table is not None:
        return GivenInputs(table.pictures(column), *table.printable(), table.place(column))
    if asked.source is not None and is_idx(asked.source):
        pictures = list(read_idx_pictures(asked.source))
        return GivenInputs(pictures, ["picture"], [[str(number)] for number in range(1, len(pictures) + 1)])
    asked.refuse_column()
    raise asked.nothing("--image PICTURE, or --input with a table of pictures")


def _rows(asked: AskedInputs) -> GivenInputs:
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
    return GivenInputs(table.frame(), *table.printable(), table.place())


class _Kind(NamedTuple):
    """A kind of input.

    Attributes:
        read: function that reads what was given.
        instead: what to give in the place of a text; empty where texts are read.
    """

    read: Callable[[AskedInputs], GivenInputs]
    instead: str = ""


_KINDS: dict[str, _Kind] = {
    "text": _Kind(_texts),
    "nothing": _Kind(_texts),
    "picture": _Kind(_pictures, "--image PICTURE"),
    "row": _Kind(_rows, "--input TABLE"),
}
