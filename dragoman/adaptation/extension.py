"""Stored examples whose fields have grown: what was encoded by a model's fields, as the fields that extend them number
it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
from jaxtyping import Float32, Int64

from dragoman.contracts.expect import expect
from dragoman.data.columns.row import matrix_of, row_columns
from dragoman.data.dataset import Dataset
from dragoman.errors import InputError
from dragoman.fields.columns import CategoricalColumn
from dragoman.fields.field import Field, PredictedField, SourceField, TargetField
from dragoman.fields.label import LabelField
from dragoman.fields.row import RowField
from dragoman.fields.tags import TagField
from dragoman.text.codec import Codec


def check_extends(old: Dataset, new: Dataset) -> None:
    """Make sure that the fields of the new examples extend those of the old ones, so that old examples can be read by
    them.

    Raises:
        InputError: if they do not.
    """
    for side, before, after in (("inputs", old.source, new.source), ("outputs", old.target, new.target)):
        if not _extends(before, after):
            raise InputError(
                f"the old examples were stored by other fields of the {side} than the new ones",
                file=old.folder.path,
                cause="the model was trained on another dataset than this, or the new examples have other columns.",
                remedy="give the old examples as files (--old-corpus), or adapt without them: --replay 0.",
            )


def knows_all(field: Field, other: Field) -> bool:
    """Whether a model's field can encode what another field encodes: labels and tags only if it has them all, and rows
    only if it numbers their columns alike; texts always."""
    if type(field) in _CLOSED:
        return set(_of_classes(other)) <= set(_of_classes(field))
    return type(field) is Codec or field == other


def as_numbered_by(table: pa.Table, before: tuple[Field, Field], after: tuple[SourceField, TargetField]) -> pa.Table:
    """Stored examples with the numbers that fields give which extend the ones they were encoded by.

    New symbols, labels and tags are numbered behind the known ones, so that only rows change: a column may get a number
    for whether it is missing, and the number of what no training row has lies behind all values.

    Args:
        table: examples as they are stored.
        before: fields of inputs and outputs that encoded them.
        after: fields that extend these.
    """
    if type(before[0]) is not RowField or before[0] == after[0]:
        return table
    numbers, categories = _recoded_rows(table, before[0], expect(after[0], RowField))
    for name, column in row_columns("source", numbers, categories).items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def counted(field: TargetField, table: pa.Table) -> TargetField:
    """The field of the outputs with the number of training examples, or words, of each of its labels or tags."""
    if type(field) is LabelField:
        numbers = table.column("target_label").to_numpy()
        return replace(field, counts=tuple(np.bincount(numbers, minlength=len(field.names)).tolist()))
    if type(field) is TagField:
        numbers = table.column("target_tags").combine_chunks().flatten().to_numpy()
        return replace(field, counts=tuple(np.bincount(numbers, minlength=len(field.names)).tolist()))
    return field


def _extends(before: Field, after: Field) -> bool:
    if type(before) is not type(after):
        return False
    names_of = NAMES.get(type(before))
    if names_of is None:
        return before == after
    names, more = names_of(before), names_of(after)
    # Old rows have no cells for a new column.
    return more == names or (type(before) is not RowField and more[: len(names)] == names)


def _of_codec(field: Field) -> tuple[str, ...]:
    return expect(field, Codec).tokenizer.vocabulary.symbols


def _of_classes(field: Field) -> tuple[str, ...]:
    return expect(field, PredictedField).labels


def _of_row(field: Field) -> tuple[str, ...]:
    return tuple(f"{type(column).__name__} {column.name}" for column in expect(field, RowField).columns)


NAMES: dict[type, Callable[[Field], tuple[str, ...]]] = {
    Codec: _of_codec,
    LabelField: _of_classes,
    TagField: _of_classes,
    RowField: _of_row,
}
"""What a field numbers, in order, by its type. Fields that number nothing to which something may be added are absent:
they must be equal."""
_CLOSED = (LabelField, TagField)
"""Fields that encode nothing but what they name."""


def _recoded_rows(
    table: pa.Table, before: RowField, after: RowField
) -> tuple[Float32[np.ndarray, "n d"], Int64[np.ndarray, "n c"]]:
    """The numbers and the categories of rows, column by column."""
    numbers = matrix_of(table.column("source_numbers"), before.numbers, np.float32)
    categories = matrix_of(table.column("source_categories"), len(before.category_sizes), np.int64)
    found_numbers, found_categories = [np.zeros((len(table), 0), dtype=np.float32)], []
    number = category = 0
    for old, new in zip(before.columns, after.columns, strict=False):
        if isinstance(old, CategoricalColumn):
            known = expect(new, CategoricalColumn)
            place = {value: index for index, value in enumerate(known.values)}
            moved = np.full(old.size, known.other, dtype=np.int64)
            moved[: len(old.values)] = [place[value] for value in old.values]
            moved[old.missing] = known.missing if old.has_missing else known.other
            found_categories.append(moved[categories[:, category]])
            category += 1
            continue
        found_numbers.append(numbers[:, number : number + old.width])
        number += old.width
        if new.has_missing and not old.has_missing:
            found_numbers.append(np.zeros((len(table), 1), dtype=np.float32))
    return (
        np.concatenate(found_numbers, axis=1),
        np.stack(found_categories, axis=1) if found_categories else np.zeros((len(table), 0), dtype=np.int64),
    )
