"""Tables of text: files of comma-, semicolon- or tab-separated values with a header line."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from dragoman.data.text_file import read_raw_lines, read_text_lines
from dragoman.errors import InputError

_LONGEST_FIELD = 2**31 - 1
_TAB_SUFFIXES = (".tsv", ".tab")

_INSIDE = r'[^"]*+(?:""[^"]*+)*+'
_FIELD = rf'(?:"{_INSIDE}"|[^"\t]*)'
_TABLESS_FIELD = r'(?:"[^"\t]*+(?:""[^"\t]*+)*+"|[^"\t]*)'
_ROW_BY_ITSELF = re.compile(rf"{_TABLESS_FIELD}(?:\t{_TABLESS_FIELD})*")
_COMPLETE_LINE = re.compile(rf"{_FIELD}(?:\t{_FIELD})*")
_OPENING_LINE = re.compile(rf'(?:{_FIELD}\t)*"{_INSIDE}')
_INNER_LINE = re.compile(rf'{_INSIDE}(?:"(?:\t{_FIELD})*\t"{_INSIDE})?')
_CLOSING_LINE = re.compile(rf'{_INSIDE}"(?:\t{_FIELD})*')


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table, the header first, each with the line that it begins on. Empty lines are left out.

    Tabs separate the fields if the name ends in ``.tsv`` or ``.tab`` or the header has a tab; else commas, or
    semicolons if the header has one and no comma. A comma-separated file is quoted as RFC 4180 says. For a
    tab-separated one there is no such rule: programs that export tables (pandas, spreadsheets) quote a field with a
    quotation mark in it and double the mark, most corpora quote nothing. It is read as quoted if the whole file
    obeys the rules of quoting, and else as it stands. The rows are made as they are asked for.

    Raises:
        InputError: if the file cannot be read, a quoted field does not end, or a row has more or fewer fields than
            the header.
    """
    separator, quoted = separator_of(path)
    return _checked(_quoted_rows(path, separator) if quoted else _split_rows(path), path)


def separator_of(path: Path) -> tuple[str, bool]:
    """What separates the fields, and whether some are quoted, as :func:`read_rows` tells it.

    Raises:
        InputError: if the file cannot be read.
    """
    separator = _separator(path, next(read_text_lines(path), ""))
    return separator, separator != "\t" or is_quoted(read_text_lines(path))


def find_column(header: list[str], name: str, path: Path | None) -> int:
    """The place of column ``name``.

    Raises:
        InputError: if there is none; it names those that there are.
    """
    if name in header:
        return header.index(name)
    near = difflib.get_close_matches(name, header, n=1)
    raise InputError(
        f"no column `{name}`; there are: {', '.join(header) or 'none'}",
        file=path,
        line=None if path is None else 1,
        cause=None if near else "the file has no header line, or its columns have other names.",
        remedy=f"did you mean `{near[0]}`?"
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


def _separator(path: Path, header: str) -> str:
    if path.suffix.lower() in _TAB_SUFFIXES or "\t" in header:
        return "\t"
    return ";" if ";" in header and "," not in header else ","


def _split_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(read_text_lines(path), start=1):
        yield number, line.split("\t") if line else []


def _quoted_rows(path: Path, separator: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(read_raw_lines(path), delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"the row that begins here cannot be read: {error}",
            file=path,
            line=line,
            cause="a quotation mark that is not doubled inside a quoted field, or a quoted field that does not end.",
            remedy='write "" for each quotation mark inside a quoted field.',
        ) from error


def _checked(rows: Iterator[tuple[int, list[str]]], path: Path) -> Iterator[tuple[int, list[str]]]:
    width = 0
    for line, row in rows:
        if not row:
            continue
        width = width or len(row)
        if len(row) != width:
            raise InputError(
                f"this row has {len(row)} fields, and the header has {width}",
                file=path,
                line=line,
                cause="a separator inside a field that is not quoted, or a line that was broken in two.",
                remedy="mend the row.",
            )
        yield line, row
