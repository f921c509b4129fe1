"""What a column of a split must hold for a dataset's fields to decode it."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, slots=True)
class ExpectedColumn:
    """What a column of a split must be.

    Attributes:
        type: Arrow type of its cells.
        below: every number in it is from 0 to one less than this; None for numbers that need only be finite.
        least: the smallest number that it may hold; None for any.
        width: numbers in each cell that is a list; None for any number.
        filled: whether no such list is empty, as a target is not, which ends with the end symbol.
        nullable: whether a cell may be missing.
        optional: whether the whole column may be, as in datasets of an earlier format.
    """

    type: pa.DataType
    below: int | None = None
    least: float | None = None
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
        if self.least is not None and len(numbers) and pc.min(numbers).as_py() < self.least:
            raise ValueError(f"column `{name}` holds {pc.min(numbers).as_py()}, which is less than {self.least}")
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
