"""Opening a file that a person named."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from dragoman.errors import InputError


def open_input(path: Path) -> BinaryIO:
    """The file, to be read as bytes.

    Raises:
        InputError: if there is none, or it cannot be opened.
    """
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise InputError("no such file", file=path, remedy="check the path.") from None
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path | str, error: OSError) -> InputError:
    """The error for a file that the operating system does not let us read, or that fails while it is read."""
    return InputError(f"cannot be read: {error.strerror}", file=path, remedy="give a readable file.")
