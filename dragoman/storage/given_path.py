"""A path that was handed over from Python."""

from __future__ import annotations

import os
from pathlib import Path

from dragoman.errors import InputError

_SHOWN = 60


def given_path(value: object, what: str) -> Path:
    """The path that was given for something.

    Args:
        value: given by the caller.
        what: the path is of, such as ``the folder of a model``.

    Raises:
        InputError: if it is no path at all.
    """
    if isinstance(value, str) or (isinstance(value, os.PathLike) and isinstance(os.fspath(value), str)):
        return Path(value)
    shown = repr(value)
    raise InputError(
        f"{what} was given as {shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''}, "
        f"which is {type(value).__name__} and no path",
        remedy="give a path, as text or as pathlib.Path.",
    )
