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
class Valued(Protocol):
    """The interface of reports and explanations that programs can read."""

    def to_dict(self) -> JsonObject:
        """The report as values for JSON."""
        ...


@runtime_checkable
class Reported(Valued, Protocol):
    """The interface of reports that can be written as files."""

    def sections(self) -> Sequence[Section]:
        """The parts of the report's page, with pictures."""
        ...


def json_text(report: Valued) -> str:
    """The report as JSON, where numbers that are not finite are null."""
    return json.dumps(finite(report.to_dict()), indent=2, ensure_ascii=False, allow_nan=False)


def write_report(report: Reported, title: str, folder: Path, name: str) -> Path:
    """Write a report as ``NAME.json`` and as ``NAME.html``, which contains its pictures.

    Args:
        report: the report.
        title: title of the page.
        folder: folder for both files, which is made.
        name: name of both files, without suffix.

    Returns:
        The path of the page.

    Raises:
        OutputError: if a file cannot be written.
    """
    shown = folder / f"{name}.html"
    write_output(folder / f"{name}.json", f"{json_text(report)}\n".encode("utf-8", "backslashreplace"))
    write_output(shown, page(title, report.sections()).encode("utf-8", "backslashreplace"))
    return shown


def finite(value: Json) -> Json:
    """The value in the types of JSON, with null for every number that is not finite.

    >>> finite({"loss": float("nan"), "steps": (1, 2)})
    {'loss': None, 'steps': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
