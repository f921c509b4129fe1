"""A report as files: JSON for programs, a page for people."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from dragoman.errors import OutputError
from dragoman.reports.page import Section, page
from dragoman.storage.folder import write_file


@runtime_checkable
class Reported(Protocol):
    """What can be written."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON can write it."""
        ...

    def sections(self) -> Sequence[Section]:
        """Parts of a page, pictures included."""
        ...


def json_text(report: Reported) -> str:
    """The report as JSON; a number that is not finite is null."""
    return json.dumps(finite(report.to_dict()), indent=2, ensure_ascii=False, allow_nan=False)


def write_report(report: Reported, title: str, folder: Path, name: str) -> Path:
    """Write it as ``NAME.json`` and as ``NAME.html``, which has its pictures within.

    Args:
        report: what was found.
        title: of the page.
        folder: to write to; it is made.
        name: of both files.

    Returns:
        The page.

    Raises:
        OutputError: if it cannot be written.
    """
    shown = folder / f"{name}.html"
    write_file(folder / f"{name}.json", f"{json_text(report)}\n".encode("utf-8", "backslashreplace"))
    write_file(shown, page(title, report.sections()).encode("utf-8", "backslashreplace"))
    return shown


def check_writable(folder: Path) -> None:
    """See to it, before work for a report begins, that the report can be written; nothing is made.

    Args:
        folder: that the report shall be written to.

    Raises:
        OutputError: if it cannot.
    """
    nearest = next(place for place in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(place))
    if not nearest.is_dir():
        raise OutputError(
            f"no folder for the report can be here: {nearest.name} is no folder",
            file=folder,
            remedy="choose another --output.",
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(
            "the report cannot be written here",
            file=nearest,
            cause="the folder is read-only or belongs to someone else.",
            remedy="choose another --output.",
        )


def finite(value: Any) -> Any:
    """The same, in the types of JSON, with null for every number that is not finite."""
    if isinstance(value, Mapping):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
