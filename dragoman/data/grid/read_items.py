"""Corpora of texts with labels or numbers, of pictures, and of rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragoman.data.corpora import read_corpus
from dragoman.data.formats.detection import detect_format
from dragoman.data.formats.idx import is_idx, labels_beside, read_idx_labels, read_idx_pictures
from dragoman.data.formats.plain_text import check_text_files
from dragoman.data.grid.items import Items
from dragoman.data.grid.read_table import TABLES, Writing, no_table, read_table, target_column
from dragoman.data.pair import Pair
from dragoman.data.text_file import read_text_lines
from dragoman.errors import InputError
from dragoman.fields.place import TablePlace
from dragoman.images.picture_file import PICTURE_SUFFIXES
from dragoman.recipe.data import CorpusRecipe

if TYPE_CHECKING:
    from pandas import DataFrame

FRAME = "DataFrame"


def read_items(corpus: CorpusRecipe, reads: str) -> Items:
    """The examples of a corpus.

    Args:
        corpus: that a recipe names.
        reads: what the model reads: ``text``, ``picture`` or ``row``.

    Raises:
        InputError: if it cannot be read.
    """
    return READERS[reads](corpus)


def items_of_frame(frame: DataFrame, corpus: CorpusRecipe, reads: str) -> Items:
    """The rows of a DataFrame, counted from 1.

    Raises:
        InputError: if it has no such column.
    """
    targets = target_column(frame, corpus.target_column, None)
    files, lines = [FRAME] * len(frame), list(range(1, len(frame) + 1))
    if reads == "row":
        return Items([None] * len(frame), targets, files, lines, frame.reset_index(drop=True))
    sources = target_column(frame, corpus.source_column, None)
    if reads == "picture":
        sources = [Path(value) if isinstance(value, str) else value for value in sources]
    else:
        sources = [_text(value, row) for row, value in enumerate(sources, start=1)]
    return Items(sources, targets, files, lines)


def _text(value: Any, row: int) -> str:
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    raise InputError(
        f"row {row} holds {value!r}, which is {type(value).__name__} and not text",
        file=FRAME,
        line=row,
        remedy="convert the column with `.astype(str)`.",
    )


def _texts(corpus: CorpusRecipe) -> Items:
    if corpus.text is not None:
        check_text_files(corpus.text)
        lines = list(read_text_lines(corpus.text))
        return _of_lines(lines, [corpus.label] * len(lines), corpus.text)
    return _pairs(corpus)


def _of_lines(sources: list[Any], targets: list[Any], file: Path) -> Items:
    return Items(sources, targets, [str(file)] * len(targets), list(range(1, len(targets) + 1)))


def _pairs(corpus: CorpusRecipe) -> Items:
    if corpus.path is not None and corpus.format != "lines":
        kind = detect_format(corpus.path) if corpus.format == "auto" else corpus.format
        if kind not in TABLES:
            raise no_table(corpus.path)
    # Of formats that hold languages none is read here, so it does not matter which two are named.
    pairs = [entry for entry in read_corpus(corpus, "en", "en") if isinstance(entry, Pair)]
    columns = zip(*pairs, strict=True) if pairs else ((), (), (), ())
    sources, targets, files, lines = map(list, columns)
    return Items(sources, targets, files, lines)


def _pictures(corpus: CorpusRecipe) -> Items:
    if corpus.text is not None:
        check_text_files(corpus.text)
        lines = list(read_text_lines(corpus.text))
        return _of_lines([None] * len(lines), lines, corpus.text)
    if corpus.source is not None and corpus.target is not None:
        return _idx(corpus.source, corpus.target)
    assert corpus.path is not None
    if corpus.path.is_dir():
        return _picture_folder(corpus.path)
    if corpus.format == "auto" and is_idx(corpus.path):
        return _idx(corpus.path, labels_beside(corpus.path))
    if (detect_format(corpus.path) if corpus.format == "auto" else corpus.format) == "parquet":
        frame, lines_of = read_table(corpus.path, "parquet")
        sources = target_column(frame, corpus.source_column, corpus.path)
        targets = target_column(frame, corpus.target_column, corpus.path)
        items = Items(sources, targets, [str(corpus.path)] * len(targets), lines_of)
    else:
        items = _pairs(corpus)
    sources = pictures_in(items.sources, TablePlace(corpus.path, items.lines, corpus.source_column))
    return Items(sources, items.targets, items.files, items.lines)


def _idx(pictures: Path, labels: Path) -> Items:
    """Pictures and labels in MNIST's format."""
    sources, targets = read_idx_pictures(pictures), read_idx_labels(labels)
    if len(sources) != len(targets):
        raise InputError(
            f"{pictures} has {len(sources):,} pictures, and {labels} {len(targets):,} labels",
            file=labels,
            remedy="give the labels that belong to the pictures.",
        )
    return _of_lines(list(sources), targets, pictures)


def pictures_in(cells: Sequence[Any], table: TablePlace) -> list[Path | bytes]:
    """The pictures that a column of a table holds: paths, which count from its folder, or the bytes of their files.

    Args:
        cells: of the column.
        table: the file, its lines and the column.

    Raises:
        InputError: if a cell is neither.
    """
    base = Path(table.file or "").parent
    return [base / cell if isinstance(cell, str) else _bytes(cell, table, row) for row, cell in enumerate(cells)]


def _bytes(value: Any, table: TablePlace, row: int) -> bytes:
    """Of a cell of a Parquet file; what Hugging Face's datasets write has the bytes inside a struct."""
    found = value.get("bytes") if isinstance(value, dict) else value
    if isinstance(found, bytes):
        return found
    raise table.error(
        f"column `{table.column}` holds {type(value).__name__}, which is no picture",
        row=row,
        remedy="give a column with the paths of pictures, or with the bytes of their files.",
    )


def _picture_folder(folder: Path) -> Items:
    """A folder of pictures for each label, in the order of their names."""
    found = [
        (path, label.name)
        for label in sorted(path for path in folder.iterdir() if path.is_dir())
        for path in sorted(label.rglob("*"))
        if path.suffix.lower() in PICTURE_SUFFIXES
    ]
    if not found:
        raise InputError(
            "no folder in it holds a picture",
            file=folder,
            cause="pictures lie in the folder itself, without a folder for each label.",
            remedy="put the pictures of each label into a folder called like it, or give a table of paths and labels.",
        )
    # A picture that lies in a folder by itself is its own place: an error about it names its path.
    sources, labels = zip(*found, strict=True)
    return Items(sources, labels, [str(source) for source in sources], [1] * len(sources))


def _rows(corpus: CorpusRecipe) -> Items:
    assert corpus.path is not None
    kind = detect_format(corpus.path) if corpus.format == "auto" else corpus.format
    frame, lines = read_table(corpus.path, kind, Writing(corpus.separator, corpus.decimal))
    targets = target_column(frame, corpus.target_column, corpus.path)
    return Items([None] * len(frame), targets, [str(corpus.path)] * len(frame), lines, frame)


READERS: dict[str, Callable[[CorpusRecipe], Items]] = {"text": _texts, "picture": _pictures, "row": _rows}
"""By what the model reads."""
