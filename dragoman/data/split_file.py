"""One split of a dataset, opened only if its columns hold what the dataset's fields can decode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from dragoman.data.arrow import open_table
from dragoman.fields.files import SourceField, TargetField
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.storage.verified import VerifiedFolder

_IDS = pa.list_(pa.int32())


@dataclass(frozen=True, slots=True)
class ExpectedColumn:
    """What a column of a split must be.

    Attributes:
        type: Arrow type of its cells.
        below: every number in it is from 0 to one less than this; None for numbers that need only be finite.
        width: numbers in each cell that is a list; None for any number.
        filled: whether no such list is empty, as a target is not, which ends with the end symbol.
        nullable: whether a cell may be missing.
        optional: whether the whole column may be, as in datasets of an earlier format.
    """

    type: pa.DataType
    below: int | None = None
    width: int | None = None
    filled: bool = False
    nullable: bool = False
    optional: bool = False

    def check(self, name: str, column: pa.ChunkedArray) -> None:
        """See to it that a column is as expected.

        Raises:
            ValueError: if it is not.
        """
        if column.type != self.type:
            raise ValueError(f"column `{name}` is of {column.type}, and not of {self.type}")
        if column.null_count and not self.nullable:
            raise ValueError(f"column `{name}` lacks {column.null_count:,} values")
        numbers = column
        if pa.types.is_list(self.type):
            self._check_lengths(name, column)
            numbers = pc.list_flatten(column)
            if numbers.null_count:
                raise ValueError(f"column `{name}` lacks {numbers.null_count:,} numbers in its lists")
        if pa.types.is_floating(numbers.type) and not pc.all(pc.is_finite(numbers), min_count=0).as_py():
            raise ValueError(f"column `{name}` holds numbers that are not finite")
        if self.below is not None and len(numbers):
            least, most = pc.min_max(numbers).as_py().values()
            if least < 0 or most >= self.below:
                found = least if least < 0 else most
                raise ValueError(f"column `{name}` holds {found}, and its numbers are from 0 to {self.below - 1}")

    def _check_lengths(self, name: str, column: pa.ChunkedArray) -> None:
        if not len(column):
            return
        shortest, longest = pc.min_max(pc.list_value_length(column)).as_py().values()
        if self.filled and shortest < 1:
            raise ValueError(f"column `{name}` has an empty list")
        if self.width is not None and (shortest, longest) != (self.width, self.width):
            raise ValueError(f"column `{name}` has lists of {shortest} to {longest} numbers, and not of {self.width}")


def open_split(
    folder: VerifiedFolder,
    name: str,
    source: SourceField,
    target: TargetField,
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
        **_of_source(source, rendered),
        **_of_target(target),
        "corpus": ExpectedColumn(pa.int16(), below=corpora, optional=True),
        "file": ExpectedColumn(pa.int32(), below=files, optional=True),
        "line": ExpectedColumn(pa.int64(), optional=True),
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


def _of_source(field: SourceField, rendered: bool) -> dict[str, ExpectedColumn]:
    if isinstance(field, RowField):
        return {
            "source_numbers": ExpectedColumn(pa.list_(pa.float32()), width=field.numbers),
            "source_categories": ExpectedColumn(
                pa.list_(pa.int64()), below=max(field.category_sizes, default=0), width=len(field.category_sizes)
            ),
        }
    if isinstance(field, PictureField):
        return {"source_picture": ExpectedColumn(pa.large_binary(), nullable=rendered)}
    # The source of a text that a language model learns is empty.
    return _of_text("source", field.size, filled=False)


def _of_target(field: TargetField) -> dict[str, ExpectedColumn]:
    if isinstance(field, LabelField):
        return {"target_label": ExpectedColumn(pa.int64(), below=field.size)}
    if isinstance(field, NumberField):
        return {"target_number": ExpectedColumn(pa.float64())}
    return _of_text("target", field.size, filled=True)


def _of_text(side: str, symbols: int, *, filled: bool) -> dict[str, ExpectedColumn]:
    return {
        f"{side}_text": ExpectedColumn(pa.large_string()),
        f"{side}_ids": ExpectedColumn(_IDS, below=symbols, filled=filled),
    }
