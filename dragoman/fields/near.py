"""Names that somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST = 3


def nearest(name: str, names: Iterable[str]) -> str:
    """Those of some names that are like another, whatever their case, as a message lists them; empty if none is.

    Args:
        name: the name that was given.
        names: the names that there are.
    """
    by_case: dict[str, str] = {}
    for one in names:
        by_case.setdefault(one.casefold().strip(), one)
    near = difflib.get_close_matches(name.casefold().strip(), by_case, n=_MOST)
    if near and near[0] == name.casefold().strip():
        near = near[:1]
    return " or ".join(f"`{by_case[one]}`" for one in near)
