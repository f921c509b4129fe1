"""Parquet files, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dragoman.data.chunk import Entry, Pair
from dragoman.data.formats.column_names import no_such_column
from dragoman.data.open_input import open_seekable
from dragoman.errors import InputError

_BATCH_ROWS = 8192


def read_parquet(path: Path, source_column: str, target_column: str) -> Iterator[Entry]:
    """The pairs of a Parquet file in their order; ``line`` is the row, from 1. Null is empty text.

    Args:
        path: the file.
        source_column: the column of the source; ``translation.en`` is the field ``en`` of the struct column
            ``translation``, unless there is a column with that very name.
        target_column: the column of the target, likewise.

    Raises:
        InputError: if the file cannot be read or is no Parquet file, a column is missing or does not hold text, or a
            text is not UTF-8.
    """
    with explained_parquet(path), open_seekable(path) as stream, pq.ParquetFile(stream) as file:
        names = (source_column, target_column)
        fields = [_find(file.schema_arrow, name, path) for name in names]
        row = 1
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(names)):
            columns = [_texts(batch, fields[side], names[side], path, row) for side in range(2)]
            for source, target in zip(*columns, strict=True):
                yield Pair(source, target, str(path), row)
                row += 1


def read_parquet_table(path: Path) -> pa.Table:
    """All of a Parquet file.

    Raises:
        InputError: if the file cannot be read or is no Parquet file.
    """
    with explained_parquet(path), open_seekable(path) as stream:
        return pq.read_table(stream)


def parquet_rows(path: Path) -> int:
    """The number of rows of a Parquet file.

    Raises:
        InputError: if the file cannot be read or is no Parquet file.
    """
    with explained_parquet(path), open_seekable(path) as stream, pq.ParquetFile(stream) as file:
        rows: int = file.metadata.num_rows
    return rows


def parquet_batches(path: Path) -> Generator[pa.RecordBatch]:
    """The rows of a Parquet file in batches, in their order.

    Raises:
        InputError: if the file cannot be read or is no Parquet file.
    """
    with explained_parquet(path), open_seekable(path) as stream, pq.ParquetFile(stream) as file:
        yield from file.iter_batches(batch_size=_BATCH_ROWS)


@contextmanager
def explained_parquet(path: Path) -> Iterator[None]:
    """What goes wrong with a Parquet file, as an error that says so."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"this cannot be read as a Parquet file: {_first_line(error)}",
            file=path,
            cause="a file of another kind, or a download or copy that was cut short.",
            remedy="give a whole Parquet file.",
        ) from error


def _find(schema: pa.Schema, name: str, path: Path) -> tuple[str, ...]:
    """The fields that lead to the column ``name``."""
    leaves = dict(_leaves(list(schema), ()))
    dotted = {".".join(fields): fields for fields in reversed(leaves)}
    fields = (name,) if (name,) in leaves else dotted.get(name)
    if fields is None:
        raise no_such_column(name, list(dict.fromkeys(".".join(fields) for fields in leaves)), path)
    kind = leaves[fields]
    text = kind.value_type if pa.types.is_dictionary(kind) else kind
    if any(test(text) for test in (pa.types.is_string, pa.types.is_large_string, _is_string_view, pa.types.is_null)):
        return fields
    raise InputError(
        f"column `{name}` is of type {kind} and holds no text",
        file=path,
        remedy="name a column of strings; a field inside a struct is written with a dot.",
    )


def _leaves(fields: list[pa.Field], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], pa.DataType]]:
    for field in fields:
        here = (*above, field.name)
        if pa.types.is_struct(field.type) and field.type.num_fields:
            yield from _leaves([field.type.field(place) for place in range(field.type.num_fields)], here)
        else:
            yield here, field.type


def _is_string_view(kind: pa.DataType) -> bool:
    return kind == pa.string_view()


def _texts(batch: pa.RecordBatch, fields: tuple[str, ...], name: str, path: Path, first_row: int) -> list[str]:
    column = batch.column(batch.schema.names.index(fields[0]))
    if len(fields) > 1:
        column = pc.struct_field(column, list(fields[1:]))
    texts = []
    for row, scalar in enumerate(column, start=first_row):
        try:
            texts.append(scalar.as_py() or "")
        except UnicodeDecodeError as error:
            raise InputError(
                f"column `{name}` is not UTF-8: byte 0x{error.object[error.start]:02x} (byte {error.start + 1} of it)",
                file=path,
                line=row,
                cause="the program that wrote the file put text of another encoding into a column of strings.",
                remedy="write the file again with text in UTF-8.",
            ) from None
    return texts


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
