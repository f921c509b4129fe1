"""What a field says of itself in a file is believed only if it is of the types that the field declares."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, TypeVar, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter

T = TypeVar("T")

_FINITE = ConfigDict(strict=True, allow_inf_nan=False)


def checked(field: T) -> T:
    """The same dataclass instance, if each attribute is of its declared type and every number is finite.

    Raises:
        ValueError: if an attribute is of another type.
    """
    hints = get_type_hints(type(field))
    for name, hint in hints.items():
        if get_origin(hint) is ClassVar:
            continue
        # Dataclasses inside are checked when they are made, and pydantic takes no strictness for them.
        if _is_plain(hint):
            TypeAdapter(hint, config=_FINITE).validate_python(getattr(field, name))
    return field


def positive(value: float) -> float:
    """The same number, if it is above 0.

    Raises:
        ValueError: if it is not.
    """
    if not value > 0:
        raise ValueError(f"{value!r} is not above 0")
    return value


def _is_plain(hint: object) -> bool:
    parts = getattr(hint, "__args__", ())
    return not dataclasses.is_dataclass(hint) and all(_is_plain(part) for part in parts)
