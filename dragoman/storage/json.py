"""The types of the content of a JSON or TOML file."""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""One value: null, a Boolean, a number, a text, a list of values or an object.

It is for values that are about to be written, and for values that were just read. A reader checks what it needs where
it needs it, so a union of all types that a file could hold would only be taken apart again."""

JsonObject: TypeAlias = dict[str, Json]
"""Values by name, such as the result of a report's :meth:`to_dict`, or one section of a recipe's file."""
