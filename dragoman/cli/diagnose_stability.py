"""``dragoman diagnose stability``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def stability(
    run: Annotated[Path, typer.Argument(help="Folder of a run, which may still go on.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    output: Annotated[Path | None, typer.Option(help="Folder of the report; by default RUN/diagnosis.")] = None,
) -> None:
    """Say whether a run is numerically stable, what is amiss in which layer, and what to do about it."""
    from dragoman.cli.diagnosis_output import present, report_folder
    from dragoman.storage.given_folder import check_run

    check_run(run, dataset=False)
    folder = report_folder(run, output)

    from dragoman.diagnosis.stability.diagnose import diagnose_stability

    report = diagnose_stability(run)
    title = f"Stability of {report.evidence.name}"
    present(report, report.as_text(), title, folder, "stability", as_json=as_json)
