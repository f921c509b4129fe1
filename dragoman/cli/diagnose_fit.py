"""``dragoman diagnose fit``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

_PROBE = (
    "Minutes for small experiments that tell what the losses alone do not: whether another width, dropout or learning "
    "rate, more updates or more data would help."
)


def fit(
    run: Annotated[Path, typer.Argument(help="Folder of a run, which may still go on.")],
    probe: Annotated[float | None, typer.Option(metavar="MINUTES", help=_PROBE, show_default="none")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    output: Annotated[Path | None, typer.Option(help="Folder of the report; by default RUN/diagnosis.")] = None,
) -> None:
    """Say whether a run underfits, overfits, has not converged, or is good, and what to do about it.

    Ctrl-C ends the experiments; what they have shown by then is reported.
    """
    from dragoman.cli.diagnosis_output import INTERRUPTED, positive_minutes, present, report_folder, tell
    from dragoman.storage.given_folder import check_run

    minutes = None if probe is None else positive_minutes("--probe", probe)
    check_run(run)
    folder = report_folder(run, output)

    from dragoman.diagnosis.fit.diagnose import diagnose_fit

    report = diagnose_fit(run, minutes, tell=tell)
    present(report, report.as_text().rstrip("\n"), f"Fit of {report.name}", folder, "fit", as_json=as_json)
    if report.probes.interrupted:
        sys.exit(INTERRUPTED)
