"""Any of the fields, as it is read back from JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField

Field = LabelField | NumberField | RowField | PictureField

FIELDS: dict[str, Callable[[dict[str, Any]], Field]] = {
    "label": LabelField.from_dict,
    "number": NumberField.from_dict,
    "row": RowField.from_dict,
    "picture": PictureField.from_dict,
}
"""What reads each kind, by its name under the key ``field``."""


def field_from_dict(content: dict[str, Any]) -> Field:
    """The field that a ``to_dict`` wrote."""
    return FIELDS[content["field"]](content)
