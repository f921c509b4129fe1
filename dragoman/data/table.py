"""Tables of text: files of values between commas, semicolons, tabs or bars, with a header line."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dragoman.data.separator import LONGEST_FIELD, SEPARATOR_NAMES, stated_separator, told_separator
from dragoman.data.text_file import read_raw_lines, read_text_lines
from dragoman.errors import InputError
from dragoman.fields.near import nearest

_INSIDE = r'[^"]*+(?:""[^"]*+)*+'
_FIELD = rf'(?:"{_INSIDE}"|[^"\t]*)'
_TABLESS_FIELD = r'(?:"[^"\t]*+(?:""[^"\t]*+)*+"|[^"\t]*)'
_ROW_BY_ITSELF = re.compile(rf"{_TABLESS_FIELD}(?:\t{_TABLESS_FIELD})*")
_COMPLETE_LINE = re.compile(rf"{_FIELD}(?:\t{_FIELD})*")
_OPENING_LINE = re.compile(rf'(?:{_FIELD}\t)*"{_INSIDE}')
_INNER_LINE = re.compile(rf'{_INSIDE}(?:"(?:\t{_FIELD})*\t"{_INSIDE})?')
_CLOSING_LINE = re.compile(rf'{_INSIDE}"(?:\t{_FIELD})*')


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written.

    Attributes:
        separator: what separates its fields.
        quoted: whether some fields stand between quotation marks.
        before: lines before the header: 1 where the first states the separator.
    """

    separator: str
    quoted: bool
    before: int = 0


def read_rows(path: Path, separator: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table, the header first, each with the line that it begins on. Empty lines are left out.

    What separates the fields is told by the first thousand rows: the separator of tab, semicolon, bar and comma under
    which the most have as many fields as the first; a first line ``sep=;`` states it; tabs separate them if the name
    ends in ``.tsv`` or ``.tab``. A comma-separated file is quoted as RFC 4180 says, and so are those with semicolons
    and bars. For a tab-separated one there is no such rule: programs that export tables (pandas, spreadsheets) quote a
    field with a quotation mark in it and double the mark, most corpora quote nothing. It is read as quoted if the whole
    file obeys the rules of quoting, and else as it stands. The rows are made as they are asked for.

    Args:
        path: the file.
        separator: what separates its fields; None to tell it.

    Raises:
        InputError: if the file cannot be read, a quoted field does not end, or a row has more or fewer fields than
            the header.
    """
    layout = layout_of(path, separator)
    rows = _quoted_rows(path, layout) if layout.quoted else _split_rows(path, layout)
    return _checked(rows, path, layout, stated=separator is not None)


def layout_of(path: Path, separator: str | None = None) -> Layout:
    """How a table is written, as :func:`read_rows` tells it.

    Raises:
        InputError: if the file cannot be read.
    """
    lines = read_raw_lines(path)
    first = next(lines, "")
    stated = stated_separator(first)
    before = int(stated is not None)
    if separator is None:
        separator = stated or told_separator(path, itertools.chain([first], lines))
    if separator != "\t":
        return Layout(separator, True, before)
    return Layout(separator, is_quoted(itertools.islice(read_text_lines(path), before, None)), before)


def find_column(header: list[str], name: str, path: Path | None) -> int:
    """The place of column ``name``.

    Raises:
        InputError: if there is none; it names those that there are.
    """
    if header.count(name) > 1:
        raise InputError(
            f"{header.count(name)} columns are called `{name}`",
            file=path,
            line=None if path is None else 1,
            remedy="rename all but one of them.",
        )
    if name in header:
        return header.index(name)
    near = nearest(name, header)
    raise InputError(
        f"no column `{name}`; there are: {', '.join(header) or 'none'}",
        file=path,
        line=None if path is None else 1,
        cause=None if near else "the file has no header line, or its columns have other names.",
        remedy=f"did you mean {near}?"
        if near
        else "give the names of the two columns or, in a file without a header line, their numbers, such as 1,2.",
    )


def find_place(row: list[str], number: int, path: Path) -> int:
    """The place of column ``number``, counted from 1, in a table without a header line.

    Raises:
        InputError: if the first row has fewer fields.
    """
    if not 1 <= number <= len(row):
        raise InputError(
            f"no column {number}; the first row has {len(row)} fields",
            file=path,
            line=1,
            remedy=f"give numbers from 1 to {len(row)}." if row else "give a file with rows.",
        )
    return number - 1


def is_quoted(lines: Iterable[str]) -> bool:
    """Whether tab-separated lines obey the rules of quoting.

    A field with a quotation mark in it stands between quotation marks and has its own doubled; tabs may stand in it,
    and it may go on over several lines. But where every line has as many tabs as the header, each is a row by itself:
    a mark that was never meant to quote would swallow fields and rows else. Lines without any mark are not quoted.
    """
    tabs = -1
    even, by_itself, found, is_open = True, True, False, False
    for line in lines:
        tabs = line.count("\t") if tabs < 0 else tabs
        even = even and (not line or line.count("\t") == tabs)
        if not is_open and '"' not in line:
            continue
        found = True
        by_itself = by_itself and _ROW_BY_ITSELF.fullmatch(line) is not None
        if is_open:
            if _INNER_LINE.fullmatch(line):
                continue
            if not _CLOSING_LINE.fullmatch(line):
                return False
            is_open = False
        elif not _COMPLETE_LINE.fullmatch(line):
            if not _OPENING_LINE.fullmatch(line):
                return False
            is_open = True
    return found and not is_open and (by_itself or not even)


def _split_rows(path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(read_text_lines(path), start=1):
        if number > layout.before:
            yield number, line.split(layout.separator) if line else []


def _quoted_rows(path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_FIELD)
    lines = itertools.islice(read_raw_lines(path), layout.before, None)
    reader = csv.reader(lines, delimiter=layout.separator, strict=True)
    line = 1 + layout.before
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1 + layout.before
    except csv.Error as error:
        raise InputError(
            f"the row that begins here cannot be read: {error}",
            file=path,
            line=line,
            cause="a quotation mark that is not doubled inside a quoted field, or a quoted field that does not end.",
            remedy='write "" for each quotation mark inside a quoted field.',
        ) from error


def _checked(
    rows: Iterator[tuple[int, list[str]]], path: Path, layout: Layout, *, stated: bool
) -> Iterator[tuple[int, list[str]]]:
    width = 0
    name = SEPARATOR_NAMES.get(layout.separator, layout.separator)
    for line, row in rows:
        if not row:
            continue
        width = width or len(row)
        if len(row) != width:
            raise InputError(
                f"this row has {len(row)} fields, and the header has {width}; the separator is taken to be {name}",
                file=path,
                line=line,
                cause="a separator inside a field that is not quoted, or a line that was broken in two.",
                remedy="mend the row."
                if stated
                else "mend the row; if something else separates the fields, give "
                "--separator, or data.*.separator in a recipe.",
            )
        yield line, row
