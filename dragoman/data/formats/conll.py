"""CoNLL files: a word and its tag on each line, a blank line after each sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dragoman.data.chunk import Pair
from dragoman.data.text_file import read_text_lines
from dragoman.errors import InputError

DOCUMENT = "-DOCSTART-"
"""What stands in the place of a word where a document begins."""


def read_conll(path: Path) -> Iterator[Pair]:
    """The sentences of a CoNLL file, each as its words and as their tags, with a space between them.

    The first column is the word and the last its tag, as in the shared tasks of CoNLL-2000 and 2003. White space
    separates columns, or tabs alone where the first word has a tab behind it. Before a sentence, lines that begin with
    ``#`` are comments, unless a tab follows; inside it they are words. Lines that begin a document are passed over.

    Args:
        path: a UTF-8 file.

    Raises:
        InputError: if the file cannot be read or is not UTF-8, or a line has no tag, another number of columns than the
            first, or a word or a tag with white space in it. It names the line.
    """
    words: list[str] = []
    tags: list[str] = []
    first, width = 0, 0
    separator: str | None = None
    for number, line in enumerate(read_text_lines(path), start=1):
        if not line.strip():
            if words:
                yield Pair(" ".join(words), " ".join(tags), str(path), first)
            words, tags = [], []
            continue
        if not words and line.startswith("#") and not line.startswith("#\t"):
            continue
        if not width:
            separator = "\t" if "\t" in line else None
        cells = [cell.strip() for cell in line.strip().split(separator)]
        width = width or len(cells)
        _check(cells, width, path, number)
        if cells[0] == DOCUMENT:
            continue
        first = first if words else number
        words.append(cells[0])
        tags.append(cells[-1])
    if words:
        yield Pair(" ".join(words), " ".join(tags), str(path), first)


def _check(cells: list[str], width: int, path: Path, number: int) -> None:
    if len(cells) < 2:
        raise InputError(
            f"`{cells[0][:40]}` stands alone, without a tag",
            file=path,
            line=number,
            cause="text that is not in columns, or a word whose tag was left out.",
            remedy="write a word and its tag on each line, and a blank line after each sentence.",
        )
    if len(cells) != width:
        raise InputError(
            f"this line has {len(cells)} columns, and the first has {width}",
            file=path,
            line=number,
            cause="a column that was left out, or a word with white space in it.",
            remedy="give every line the same columns; what is unknown is written as `_`.",
        )
    for name, cell in (("word", cells[0]), ("tag", cells[-1])):
        if len(cell.split()) != 1:
            raise InputError(
                f"the {name} `{cell[:40]}` has white space in it" if cell else f"the {name} is missing",
                file=path,
                line=number,
                cause="an entry of several words." if cell else "an empty cell.",
                remedy=f"write {name}s without white space.",
            )
