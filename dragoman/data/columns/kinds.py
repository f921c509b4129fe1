"""Which column holds what each kind of field encodes."""

from __future__ import annotations

from typing import Any

from dragoman.contracts import Source, Target
from dragoman.data.columns.column import Column
from dragoman.data.columns.expected import ExpectedColumn
from dragoman.data.columns.label import LabelColumn
from dragoman.data.columns.number import NumberColumn
from dragoman.data.columns.picture import PictureColumn
from dragoman.data.columns.row import RowColumn
from dragoman.data.columns.tags import TagColumn
from dragoman.data.columns.text import TextColumn
from dragoman.fields.field import Field
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.fields.tags import TagField
from dragoman.text.codec import Codec

SourceColumn = Column[Any, Source]
"""The sources of a split, whatever their field."""
TargetColumn = Column[Any, Target]
"""The targets of a split, whatever their field."""

SOURCE_COLUMNS: dict[type, type[SourceColumn]] = {Codec: TextColumn, PictureField: PictureColumn, RowField: RowColumn}
"""By the type of the field that encodes sources."""
TARGET_COLUMNS: dict[type, type[TargetColumn]] = {
    Codec: TextColumn,
    LabelField: LabelColumn,
    NumberField: NumberColumn,
    TagField: TagColumn,
}
"""By the type of the field that encodes targets."""


def expected_columns(source: Field, target: Field, *, rendered: bool) -> dict[str, ExpectedColumn]:
    """What the file of a split must hold for a dataset's fields to decode it, by the name of each of its columns.

    Args:
        source: what encodes the sources.
        target: what encodes the targets.
        rendered: whether pictures may be missing, because they are rendered from the targets.
    """
    return {
        **SOURCE_COLUMNS[type(source)].expected("source", source, rendered=rendered),
        **TARGET_COLUMNS[type(target)].expected("target", target, rendered=rendered),
    }
