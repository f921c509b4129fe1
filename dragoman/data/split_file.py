"""One split of a dataset, opened only if its columns hold what the dataset's fields can decode."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from dragoman.data.arrow import open_table
from dragoman.data.columns.expected import ExpectedColumn
from dragoman.data.columns.kinds import expected_columns
from dragoman.data.example_weights import WEIGHT
from dragoman.fields.field import Field
from dragoman.storage.verified import VerifiedFolder


def open_split(
    folder: VerifiedFolder,
    name: str,
    source: Field,
    target: Field,
    *,
    corpora: int,
    files: int,
    rendered: bool = False,
) -> pa.Table:
    """The table of a split, mapped into memory, after a look at all of its numbers.

    Args:
        folder: the dataset's folder.
        name: the split's name: ``train``, ``validation`` or ``test``.
        source: what sources are encoded by.
        target: what targets are encoded by.
        corpora: how many corpora the dataset was made from.
        files: how many files these were read from.
        rendered: whether pictures may be missing, because they are rendered from the targets.

    Raises:
        DamagedFileError: if a column is missing, of another type, or holds what the fields cannot decode.
    """
    expected = {
        **expected_columns(source, target, rendered=rendered),
        "corpus": ExpectedColumn(pa.int16(), below=corpora, optional=True),
        "file": ExpectedColumn(pa.int32(), below=files, optional=True),
        "line": ExpectedColumn(pa.int64(), optional=True),
        WEIGHT: ExpectedColumn(pa.float32(), least=0, optional=True),
    }
    with folder.understanding(f"{name}.arrow") as path:
        table = open_table(path)
        table.validate(full=True)
        _check(table, expected)
    return table


def _check(table: pa.Table, expected: Mapping[str, ExpectedColumn]) -> None:
    for name, column in expected.items():
        found = table.column_names.count(name)
        if found > 1 or (found == 0 and not column.optional):
            raise ValueError(f"there are {found} columns called `{name}`")
        if found:
            column.check(name, table.column(name))
