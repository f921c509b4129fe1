"""Pictures that a model reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt64

from dragoman.data.cells import Absent, Held, Paths, lines_of, values_of
from dragoman.data.chunk import Chunk
from dragoman.data.corpora import read_corpus_chunks
from dragoman.data.formats.detection import detect_format
from dragoman.data.formats.idx import is_idx, labels_beside, read_idx_labels, read_idx_pictures
from dragoman.data.formats.plain_text import check_text_files
from dragoman.data.inputs.frames import column_of, frame_chunks, table_chunks
from dragoman.data.inputs.input import Input, Reading
from dragoman.data.keys import match_hashes
from dragoman.data.line_pairs import read_text_chunks
from dragoman.data.outputs.output import Output
from dragoman.data.read_table import TABLES, no_table, read_table
from dragoman.data.seen import hashes
from dragoman.data.training_part import TrainingPart
from dragoman.errors import InputError
from dragoman.fields.field import Field, TargetField
from dragoman.fields.picture import PictureField
from dragoman.fields.place import TablePlace
from dragoman.images.picture_file import PICTURE_SUFFIXES
from dragoman.images.preparation import Preparation
from dragoman.native.lines import Lines
from dragoman.recipe import Recipe
from dragoman.recipe.data import CorpusRecipe

if TYPE_CHECKING:
    from pandas import DataFrame

TOGETHER = 1000
"""Pictures of a chunk, whose pixels are in memory at the same time."""


class PictureInput(Input):
    """Pictures: files, the bytes of files, arrays, or lines of text that are rendered."""

    noun = "picture"
    renders = True

    def read(self, corpus: CorpusRecipe, reading: Reading) -> Iterator[Chunk]:
        """Pictures of folders, of MNIST's files, of tables with their paths or their bytes; or lines to be rendered."""
        if corpus.text is not None:
            check_text_files(corpus.text)
            return map(_rendered, read_text_chunks(corpus.text))
        if corpus.source is not None and corpus.target is not None:
            return _idx(corpus.source, corpus.target, reading.output)
        assert corpus.path is not None
        if corpus.path.is_dir():
            return _folder(corpus.path)
        if corpus.format == "auto" and is_idx(corpus.path):
            return _idx(corpus.path, labels_beside(corpus.path), reading.output)
        kind = detect_format(corpus.path) if corpus.format == "auto" else corpus.format
        if kind == "parquet":
            return _parquet(corpus, corpus.path, reading.output)
        if kind not in TABLES:
            raise no_table(corpus.path)
        return _paths(read_corpus_chunks(corpus, "en", "en", reading.log), corpus.path.parent)

    def read_frame(self, frame: DataFrame, corpus: CorpusRecipe, reading: Reading) -> Iterator[Chunk]:
        """Paths, bytes, arrays or pictures of Pillow, which stay where they are."""
        targets = reading.output.cells_of(column_of(frame, corpus.target_column))
        found = column_of(frame, corpus.source_column)
        pictures = [Path(value) if isinstance(value, str) else value for value in found]
        return frame_chunks(Held.of(pictures), targets, TOGETHER)

    def keys(self, chunk: Chunk, target_column: str) -> UInt64[np.ndarray, " n"]:
        """Pictures that are the same byte by byte, or of the same path; rendered ones by their text."""
        if isinstance(chunk.sources, Absent):
            return match_hashes(lines_of(chunk.targets))
        return hashes(map(_key, values_of(chunk.sources)))

    def learn(self, part: TrainingPart, recipe: Recipe, output: Output) -> tuple[Field, TargetField]:
        """How pictures are prepared, which the recipe says."""
        asked = recipe.pictures
        preparation = Preparation(asked.height, asked.width, asked.channels, asked.contrast)
        return PictureField(preparation, int(asked.max_megapixels * 1e6)), output.learn(part, recipe)


def pictures_in(cells: Sequence[object], table: TablePlace) -> list[Path | bytes]:
    """The pictures that a column of a table holds: paths, which count from its folder, or the bytes of their files.

    Args:
        cells: the column's.
        table: the file, its lines and the column.

    Raises:
        InputError: if a cell is neither.
    """
    base = Path(table.file or "").parent
    return [base / cell if isinstance(cell, str) else _bytes(cell, table, row) for row, cell in enumerate(cells)]


def _rendered(chunk: Chunk) -> Chunk:
    return Chunk(Absent(len(chunk)), chunk.targets, chunk.names, chunk.files, chunk.lines)


def _idx(pictures: Path, labels: Path, output: Output) -> Iterator[Chunk]:
    """Pictures and labels in MNIST's format."""
    sources, targets = read_idx_pictures(pictures), read_idx_labels(labels)
    if len(sources) != len(targets):
        raise InputError(
            f"{pictures} has {len(sources):,} pictures, and {labels} {len(targets):,} labels",
            file=labels,
            remedy="give the labels that belong to the pictures.",
        )
    numbers = np.arange(1, len(targets) + 1)
    return table_chunks(Held.of(list(sources)), output.cells_of(targets), str(pictures), numbers, TOGETHER)


def _folder(folder: Path) -> Iterator[Chunk]:
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
    for begin in range(0, len(found), TOGETHER):
        paths, labels = zip(*found[begin : begin + TOGETHER], strict=True)
        # A picture that lies in a folder by itself is its own place: an error about it names its path.
        names = list(map(str, paths))
        lines = np.ones(len(names), dtype=np.int64)
        yield Chunk(Paths(Lines.of(names)), Lines.of(labels), names, np.arange(len(names)), lines)


def _parquet(corpus: CorpusRecipe, path: Path, output: Output) -> Iterator[Chunk]:
    frame, lines = read_table(path, "parquet")
    cells = column_of(frame, corpus.source_column, path)
    targets = output.cells_of(column_of(frame, corpus.target_column, path))
    found = pictures_in(cells, TablePlace(path, lines, corpus.source_column))
    return table_chunks(Held.of(found), targets, str(path), np.array(lines, dtype=np.int64), TOGETHER)


def _paths(chunks: Iterator[Chunk], base: Path) -> Iterator[Chunk]:
    """The sources as paths that count from a folder."""
    for chunk in chunks:
        paths = [str(base / path) for path in lines_of(chunk.sources)]
        whole = Chunk(Paths(Lines.of(paths)), chunk.targets, chunk.names, chunk.files, chunk.lines)
        for begin in range(0, len(whole), TOGETHER):
            yield whole.select(np.arange(begin, min(begin + TOGETHER, len(whole))))


def _bytes(value: object, table: TablePlace, row: int) -> bytes:
    """The bytes in a cell of a Parquet file; what Hugging Face's datasets write has them inside a struct."""
    found = value.get("bytes") if isinstance(value, dict) else value
    if isinstance(found, bytes):
        return found
    raise table.error(
        f"column `{table.column}` holds {type(value).__name__}, which is no picture",
        row=row,
        remedy="give a column with the paths of pictures, or with the bytes of their files.",
    )


def _key(picture: object) -> str:
    if isinstance(picture, Path):
        return str(picture)
    if isinstance(picture, bytes):
        return picture.decode("latin1")
    return np.asarray(picture).tobytes().decode("latin1")
