"""Names of columns that may reach into nested values: ``translation.en`` is ``en`` inside ``translation``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dragoman.errors import InputError
from dragoman.fields.near import nearest

_SHOWN = 20


def no_such_column(name: str, there: Sequence[str], path: Path, line: int | None = None) -> InputError:
    """The error for a column that is missing; it names those that there are, and the nearest as the remedy."""
    near = nearest(name, there)
    listing = ", ".join(there[:_SHOWN]) + (f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else "")
    return InputError(
        f"no column `{name}`; there are: {listing or 'none'}",
        file=path,
        line=line,
        remedy=f"did you mean {near}?" if near else "give the names of the two columns, nested ones with a dot.",
    )
