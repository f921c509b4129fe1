"""What a JSON or TOML file holds."""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""One value: nothing, a truth, a number, a text, a list of values or an object.

It is for values that are about to be written, and for those that were just read. Whoever reads checks what it needs
where it needs it, so a union of all that a file could hold would only be taken apart again."""

JsonObject: TypeAlias = dict[str, Json]
"""Values by name: what :meth:`to_dict` of a report gives, or one section of a recipe's file."""
