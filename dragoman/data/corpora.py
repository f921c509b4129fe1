"""Files of parallel text as streams of sentence pairs, each with the place that it came from."""

from __future__ import annotations

import csv
import difflib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from dragoman.errors import InputError
from dragoman.recipe.data import CorpusRecipe

if TYPE_CHECKING:
    from pandas import DataFrame

_LONGEST_FIELD = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and its translation.

    Attributes:
        source: the sentence.
        target: its translation.
        file: the name of the file it came from.
        line: its line there, from 1.
    """

    source: str
    target: str
    file: str
    line: int


def read_corpus(recipe: CorpusRecipe) -> Iterator[Pair]:
    """The pairs of the corpus that a recipe names."""
    if recipe.table is not None:
        return read_table(recipe.table, recipe.source_column, recipe.target_column)
    assert recipe.source is not None
    assert recipe.target is not None
    return read_lines(recipe.source, recipe.target)


def read_lines(source: Path, target: Path) -> Iterator[Pair]:
    """The lines of two files side by side. Lines end with LF or CR LF; a byte-order mark is dropped.

    Raises:
        InputError: if a file cannot be read, is not UTF-8, or the files have different numbers of lines.
    """
    missing = object()
    lines = itertools.zip_longest(_lines(source), _lines(target), fillvalue=missing)
    for number, (left, right) in enumerate(lines, start=1):
        if left is missing or right is missing:
            longer = target if left is missing else source
            total = number + sum(1 for _ in lines)
            shorter = source if left is missing else target
            raise InputError(
                f"the files have different numbers of lines: {shorter} has {number - 1:,} and {longer} has {total:,}",
                file=shorter,
                line=number - 1,
                cause="a line is missing or was broken in two somewhere before.",
                remedy="align the files so that line n of one translates line n of the other.",
            )
        yield Pair(str(left), str(right), str(source), number)


def read_table(path: Path, source_column: str, target_column: str) -> Iterator[Pair]:
    """The rows of a TSV or CSV file with a header line, quoted as spreadsheets and pandas write it.

    Tabs separate if the name ends in ``.tsv`` or ``.tab`` or the header has a tab; else commas, or semicolons if the
    header has no comma.

    Raises:
        InputError: if the file cannot be read, has no such column, or a row has more or fewer fields than the header.
    """
    with _open(path) as stream:
        header_line = next(iter(_decoded(stream, path)), "")
        stream.seek(0)
        csv.field_size_limit(_LONGEST_FIELD)
        reader = csv.reader(_decoded(stream, path), delimiter=_separator(path, header_line))
        try:
            header = next(reader, [])
            places = [_column(header, name, path) for name in (source_column, target_column)]
            line = reader.line_num + 1
            for row in reader:
                if row and len(row) != len(header):
                    raise InputError(
                        f"this row has {len(row)} fields, and the header has {len(header)}",
                        file=path,
                        line=line,
                        cause="a separator or quote inside a field that is not quoted.",
                        remedy="quote the field, or use a tab-separated file.",
                    )
                if row:
                    yield Pair(row[places[0]], row[places[1]], str(path), line)
                line = reader.line_num + 1
        except csv.Error as error:
            raise InputError(
                f"not a table: {error}", file=path, line=reader.line_num, remedy="mend the row."
            ) from error


def read_frame(frame: DataFrame, source_column: str, target_column: str) -> Iterator[Pair]:
    """The rows of a DataFrame; a missing value counts as an empty side.

    Raises:
        InputError: if there is no such column, or a value is not text.
    """
    header = [str(name) for name in frame.columns]
    for name in (source_column, target_column):
        _column(header, name, None)
    rows = zip(frame[source_column], frame[target_column], strict=True)
    for number, values in enumerate(rows, start=1):
        sides = [_text(value, number) for value in values]
        yield Pair(sides[0], sides[1], "DataFrame", number)


def _text(value: Any, row: int) -> str:
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    raise InputError(
        f"row {row} of the DataFrame holds {value!r}, which is {type(value).__name__} and not text",
        remedy="convert the column with `.astype(str)`.",
    )


def _column(header: list[str], name: str, path: Path | None) -> int:
    if name in header:
        return header.index(name)
    near = difflib.get_close_matches(name, header, n=1)
    raise InputError(
        f"no column `{name}`; there are: {', '.join(header) or 'none'}",
        file=path,
        line=None if path is None else 1,
        remedy=f"did you mean `{near[0]}`?" if near else "name the columns with --columns SOURCE,TARGET.",
    )


def _separator(path: Path, header: str) -> str:
    if path.suffix.lower() in (".tsv", ".tab") or "\t" in header:
        return "\t"
    return ";" if ";" in header and "," not in header else ","


def _lines(path: Path) -> Iterator[str]:
    with _open(path) as stream:
        for line in _decoded(stream, path):
            yield line.removesuffix("\n").removesuffix("\r")


def _open(path: Path) -> TextIO:
    """Text in which a byte that is no UTF-8 is marked by a surrogate, so that its line is known when it is met."""
    try:
        return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n")
    except FileNotFoundError:
        raise InputError("no such file", file=path, remedy="check the path.") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path, remedy="give a readable file.") from error


def _decoded(stream: TextIO, path: Path) -> Iterator[str]:
    for number, line in enumerate(stream, start=1):
        if not line.isascii() and (wrong := next((c for c in line if "\udc80" <= c <= "\udcff"), None)):
            raise InputError(
                f"not UTF-8: byte 0x{ord(wrong) - 0xDC00:02x} at character {line.index(wrong) + 1}",
                file=path,
                line=number,
                cause="the file has another encoding.",
                remedy="convert it first, for example with `iconv -f latin1 -t utf-8`.",
            )
        yield line
