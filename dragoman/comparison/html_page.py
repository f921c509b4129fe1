"""A comparison as one page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dragoman.comparison.report import Report, cost_columns, notes, quality_columns
from dragoman.reports.page import Picture, Section
from dragoman.reports.page import page as page_of


def page(report: Report, pictures: Sequence[Path]) -> str:
    """The page with its table, notes, architectures and pictures; every name is escaped.

    Args:
        report: what was found.
        pictures: PNG files, which become part of the page; those that were not drawn are left out.
    """
    drawn = tuple(
        Picture(picture.stem.replace("_", " "), picture.read_bytes()) for picture in pictures if picture.exists()
    )
    sections = [
        Section("", table={**quality_columns(report), **cost_columns(report)}, items=tuple(notes(report))),
        Section("Architectures", items=tuple(f"{row.name}: {row.architecture}" for row in report.rows)),
        *([Section("Pictures", pictures=drawn)] if drawn else []),
    ]
    return page_of(f"Comparison of {len(report.rows)} models", sections)
