"""Corpora as streams of sentence pairs, each with the place that it came from."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragoman.data.chunk import Chunk, Entry, Pair, chunked
from dragoman.data.formats.catalogue import read_catalogue
from dragoman.data.formats.conll import read_conll
from dragoman.data.formats.detection import detect_format
from dragoman.data.formats.gettext_pairs import read_mo, read_po
from dragoman.data.formats.json_lines import read_json_lines
from dragoman.data.formats.message_format import expand_messages
from dragoman.data.formats.parquet import read_parquet
from dragoman.data.formats.plain_text import check_text_files
from dragoman.data.formats.tmx import read_tmx
from dragoman.data.formats.xliff import read_xliff
from dragoman.data.line_pairs import pair_lines, read_line_chunks, read_text_chunks
from dragoman.data.table import find_column, find_place, read_rows
from dragoman.data.text_file import read_text_lines
from dragoman.errors import InputError
from dragoman.recipe.data import CorpusRecipe
from dragoman.text.tokenizer import has_surrogate

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_FRAME = "DataFrame"


def read_corpus(
    recipe: CorpusRecipe,
    source_language: str,
    target_language: str,
    log: Callable[[str], None] = lambda remark: None,
) -> Iterator[Entry]:
    """The entries of the corpus that a recipe names, which are read while they are iterated over.

    A message in ICU's format whose words depend on a number or a name is a pair for each wording.

    Args:
        recipe: the corpus's part of a recipe, which names its files and format.
        source_language: code of the source language, such as ``en``.
        target_language: code of the target language, such as ``de``.
        log: function that is given remarks, such as that another region's variant of a language is taken.

    Raises:
        InputError: if the corpus cannot be read, or is not of the format that the recipe names.
    """
    _check_texts(recipe)
    if recipe.text is not None:
        return read_text(recipe.text)
    if recipe.path is None:
        assert recipe.source is not None
        assert recipe.target is not None
        return read_lines(recipe.source, recipe.target)
    path, columns, languages = (
        recipe.path,
        (recipe.source_column, recipe.target_column),
        (source_language, target_language),
    )
    kind = detect_format(path) if recipe.format == "auto" else recipe.format
    if kind == "catalogue" and path.is_file():
        # A single file of pairs is a catalogue too, of one file.
        kind = detect_format(path)
    readers: dict[str, Callable[[], Iterator[Entry]]] = {
        "table": lambda: read_table(path, *columns, recipe.separator),
        "json-lines": lambda: read_json_lines(path, *columns),
        "parquet": lambda: read_parquet(path, *columns),
        "po": lambda: read_po(path, target_language, log),
        "mo": lambda: read_mo(path, target_language, log),
        "xliff": lambda: read_xliff(path, *languages, log),
        "tmx": lambda: read_tmx(path, *languages, log),
        "conll": lambda: read_conll(path),
        "catalogue": lambda: read_catalogue(path, *languages, log),
    }
    return expand_messages(readers[kind](), *languages)


def read_corpus_chunks(
    recipe: CorpusRecipe,
    source_language: str,
    target_language: str,
    log: Callable[[str], None] = lambda remark: None,
) -> Iterator[Chunk]:
    """The same in chunks, which text files give faster."""
    _check_texts(recipe)
    if recipe.text is not None:
        return read_text_chunks(recipe.text)
    if recipe.source is not None and recipe.target is not None and recipe.path is None:
        return read_line_chunks(recipe.source, recipe.target)
    return chunked(read_corpus(recipe, source_language, target_language, log))


def _check_texts(recipe: CorpusRecipe) -> None:
    if recipe.path is None:
        check_text_files(*(path for path in (recipe.text, recipe.source, recipe.target) if path is not None))


def read_lines(source: Path, target: Path) -> Iterator[Pair]:
    """The lines of two files side by side, without a byte-order mark; :mod:`~dragoman.data.line_ends` defines lines.

    >>> Path("de.txt").write_text("ein Haus\\nein Baum\\n") and Path("en.txt").write_text("a house\\na tree\\n")
    15
    >>> [(pair.source, pair.target) for pair in read_lines(Path("de.txt"), Path("en.txt"))]
    [('ein Haus', 'a house'), ('ein Baum', 'a tree')]

    Raises:
        InputError: if a file cannot be read, is not UTF-8, or the files have different numbers of lines.
    """
    return pair_lines(read_text_lines(source), read_text_lines(target), source, target)


def read_text(path: Path) -> Iterator[Pair]:
    """The lines of a text, each as source and target of a pair, so that rules and splits of pairs serve texts too.

    Raises:
        InputError: if the file cannot be read or is not UTF-8.
    """
    for number, line in enumerate(read_text_lines(path), start=1):
        yield Pair(line, line, str(path), number)


def read_table(path: Path, source_column: str, target_column: str, separator: str | None = None) -> Iterator[Pair]:
    """Two columns of a TSV or CSV file as pairs; see :func:`dragoman.data.table.read_rows`.

    The columns are named by the header line, or in a file without one by their numbers, from 1.

    >>> Path("pairs.csv").write_text("de,en\\nein Haus,a house\\n")
    23
    >>> [(pair.source, pair.target, pair.line) for pair in read_table(Path("pairs.csv"), "de", "en")]
    [('ein Haus', 'a house', 2)]

    Raises:
        InputError: if the file cannot be read, has no such column, or a row has more or fewer fields than the header.
    """
    rows = read_rows(path, separator)
    first_line, header = next(rows, (1, []))
    if source_column.isdecimal() and target_column.isdecimal() and source_column not in header:
        left, right = (find_place(header, int(number), path) for number in (source_column, target_column))
        rows = itertools.chain([(first_line, header)], rows)
    else:
        left, right = (find_column(header, name, path) for name in (source_column, target_column))
    file = str(path)
    for line, row in rows:
        if row:
            yield Pair(row[left], row[right], file, line)


def read_frame(frame: DataFrame, source_column: str, target_column: str) -> Iterator[Pair]:
    """The rows of a DataFrame as pairs, counted from 1; a missing value counts as an empty text.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"de": ["ein Haus"], "en": ["a house"]})
    >>> [(pair.source, pair.target) for pair in read_frame(frame, "de", "en")]
    [('ein Haus', 'a house')]

    Raises:
        InputError: if there is no such column, or a value is not text.
    """
    header = [str(name) for name in frame.columns]
    left, right = (
        _texts(frame.iloc[:, find_column(header, name, None)], name) for name in (source_column, target_column)
    )
    for row, (source, target) in enumerate(zip(left, right, strict=True), start=1):
        yield Pair(source, target, _FRAME, row)


def _texts(column: Series[Any], name: str) -> Iterator[str]:
    for row, (value, missing) in enumerate(zip(column, column.isna(), strict=True), start=1):
        if missing:
            yield ""
        elif not isinstance(value, str):
            raise InputError(
                f"row {row} of column `{name}` holds {value!r}, which is {type(value).__name__} and not text",
                file=_FRAME,
                line=row,
                remedy="convert the column with `.astype(str)`.",
            )
        elif not value.isascii() and has_surrogate(value):
            raise InputError(
                f"row {row} of column `{name}` has a lone surrogate, which is half a character: {value[:80]!r}",
                file=_FRAME,
                line=row,
                cause="text that was cut in the middle of a character, or decoded with errors='surrogateescape'.",
                remedy="decode it as UTF-8 without that option, or remove the character.",
            )
        else:
            yield value
