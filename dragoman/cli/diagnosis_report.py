"""The report of a diagnosis: where it goes, printing it, and writing it as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dragoman.reports.written import Reported


def report_folder(run: Path, output: Path | None) -> Path:
    """Where the report on a run goes: to ``output``, or else into the run's folder.

    Raises:
        OutputError: if it cannot be written there; where there is no run, that is for the diagnosis to say.
    """
    from dragoman.storage.output import check_folder
    from dragoman.storage.run_paths import RunPaths

    folder = output if output is not None else RunPaths(run).diagnosis_folder
    if output is not None or run.is_dir():
        check_folder(folder)
    return folder


def present(report: Reported, text: str, title: str, folder: Path, name: str, *, as_json: bool) -> None:
    """Write a report to its folder and print it; printed it is even if it cannot be written.

    Args:
        report: what was found.
        text: the same for a terminal.
        title: title of the page.
        folder: to write to.
        name: name of the files.
        as_json: whether to print it as JSON, and nothing else.

    Raises:
        OutputError: if it cannot be written.
    """
    from dragoman.cli.output_file import emit
    from dragoman.reports.written import json_text, write_report

    if as_json:
        # JSON is UTF-8, whatever the terminal's encoding is.
        emit(None, f"{json_text(report)}\n".encode("utf-8", "backslashreplace"))
    else:
        print(text)
    page = write_report(report, title, folder, name)
    if not as_json:
        print(f"\nPage: {page}")
