"""A report as files: JSON for programs, a page for people."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from dragoman.reports.page import Section, page
from dragoman.storage.json import JsonObject
from dragoman.storage.output import write_output


@runtime_checkable
class Reported(Protocol):
    """What can be written."""

    def to_dict(self) -> JsonObject:
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
    write_output(folder / f"{name}.json", f"{json_text(report)}\n".encode("utf-8", "backslashreplace"))
    write_output(shown, page(title, report.sections()).encode("utf-8", "backslashreplace"))
    return shown


def finite(value: Json) -> Json:
    """The same, in the types of JSON, with null for every number that is not finite."""
    if isinstance(value, Mapping):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
