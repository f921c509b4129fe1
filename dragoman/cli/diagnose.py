"""``dragoman diagnose``: commands that look at a run, or at what is given to its model."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli.data_options import GivenData
from dragoman.cli.diagnose_shift import shift
from dragoman.cli.diagnosis_report import present, report_folder
from dragoman.cli.option_group import takes_groups, typed_values
from dragoman.cli.settings import remark

_INTERRUPTED = 130
_MOST_MINUTES = 10**6


def _positive_minutes(option: str, minutes: float) -> float:
    """The minutes, if they are some.

    Raises:
        InputError: if they are not.
    """
    from dragoman.errors import InputError

    if not 0 < minutes <= _MOST_MINUTES:
        raise InputError(f"{option} {minutes:g}: not a number of minutes above 0", remedy=f"give {option} 10 or so.")
    return minutes


_PROBE = (
    "Minutes for small experiments that show what the losses alone do not: whether another width, dropout or learning "
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
    from dragoman.storage.given import check_run

    minutes = None if probe is None else _positive_minutes("--probe", probe)
    check_run(run)
    folder = report_folder(run, output)

    from dragoman.diagnosis.fit.diagnose import diagnose_fit

    report = diagnose_fit(run, minutes, log=remark)
    present(report, report.as_text().rstrip("\n"), f"Fit of {report.name}", folder, "fit", as_json=as_json)
    if report.probes.interrupted:
        sys.exit(_INTERRUPTED)


def stability(
    run: Annotated[Path, typer.Argument(help="Folder of a run, which may still go on.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    output: Annotated[Path | None, typer.Option(help="Folder of the report; by default RUN/diagnosis.")] = None,
) -> None:
    """Say whether a run is numerically stable, what is amiss in which layer, and what to do about it."""
    from dragoman.storage.given import check_run

    check_run(run, dataset=False)
    folder = report_folder(run, output)

    from dragoman.diagnosis.stability.diagnose import diagnose_stability

    report = diagnose_stability(run)
    title = f"Stability of {report.evidence.name}"
    present(report, report.as_text(), title, folder, "stability", as_json=as_json)


_SUBJECT = "Folder of a run, whose recipe and data are taken; or a TOML file or a preset, with data."
_MINUTES = "For all of it. At the full length, the grid takes about twenty times as long as one training."
_OUTPUT = "Folder of the report; by default RUN/diagnosis, of a recipe diagnosis."
_SET = "Change a value of the recipe: training.seed=2."


@takes_groups
def capacity(
    data: GivenData,
    subject: Annotated[str, typer.Argument(metavar="RUN|RECIPE", help=_SUBJECT)],
    minutes: Annotated[float, typer.Option(help=_MINUTES, show_default=False)],
    settings: Annotated[list[str] | None, typer.Option("--set", help=_SET)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    output: Annotated[Path | None, typer.Option(help=_OUTPUT)] = None,
) -> None:
    """Train smaller and larger models on less and more of the data: error over complexity, error over data size.

    Ctrl-C ends it; what was measured by then is reported.
    """
    given_values = typed_values(locals())
    from dragoman.storage.given import check_run
    from dragoman.storage.output import check_folder
    from dragoman.storage.run_paths import RunPaths

    place, of_run, allowed = Path(subject), Path(subject).is_dir(), _positive_minutes("--minutes", minutes)
    check_folder(folder := output or (RunPaths(place).diagnosis_folder if of_run else Path("diagnosis")))
    if of_run:
        _refuse_beside_a_run(given_values)
        check_run(place)
    else:
        _check_name(subject)
    measured = place if of_run else data.complete(subject, settings)

    from dragoman.diagnosis.capacity.diagnose import diagnose_capacity

    report = diagnose_capacity(measured, allowed, scratch=folder, log=remark)
    title = f"Complexity against data: {place.resolve().name if of_run else place.stem}"
    present(report, report.as_text().rstrip("\n"), title, folder, "capacity", as_json=as_json)
    if report.interrupted:
        sys.exit(_INTERRUPTED)


def _refuse_beside_a_run(values: Mapping[str, object]) -> None:
    from dragoman.cli.explicit import refuse_beside

    refuse_beside(
        f"the run {values['subject']}",
        capacity,
        values,
        ("subject", "minutes", "as_json", "output"),
        why="a run has its own data and settings",
        remedy="leave these out, or give a recipe instead of the run.",
    )


def _check_name(name: str) -> None:
    from dragoman.errors import InputError
    from dragoman.recipe.file import presets

    if name not in presets() and not Path(name).exists():
        raise InputError(
            f"no such run, recipe file or preset: {name}",
            remedy=f"give the folder of a run, a TOML file, or one of the presets {', '.join(presets())}.",
        )


_HELP = "Say whether a run has learnt, whether it is stable, and whether new input is like that of training."

diagnose = typer.Typer(help=_HELP, no_args_is_help=True)
for command in (fit, stability, capacity, shift):
    diagnose.command()(command)
