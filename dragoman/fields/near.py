"""Names that somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from dragoman.errors import InputError
from dragoman.fields.place import Place

_MOST = 3
_SHOWN = 10


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


def unknown_name(noun: str, name: str, names: Sequence[str], place: Place) -> InputError:
    """The error for a class that no training example has.

    Args:
        noun: what the classes are, such as ``label``.
        name: the one that was given.
        names: those that there are.
        place: where it was found.
    """
    meant = nearest(name, names)
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")
    return InputError(
        f"no training example has the {noun} `{name}`; the {noun}s are: {shown}",
        file=place[0],
        line=place[1],
        cause=f"a {noun} that is written in another way, or a class that the model was never shown",
        remedy=f"did you mean {meant}?" if meant else f"correct the {noun}, or leave out the example.",
    )
