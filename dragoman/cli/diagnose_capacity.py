"""``dragoman diagnose capacity``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli.data_options import GivenData, takes_data, typed_values

_SUBJECT = "Folder of a run, whose recipe and data are taken; or a TOML file or a preset, with data."
_MINUTES = "For all of it. At the full length, the grid takes about twenty times as long as one training."
_OUTPUT = "Folder of the report; by default RUN/diagnosis, of a recipe diagnosis."
_SET = "Change a value of the recipe: training.seed=2."


@takes_data
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
    from dragoman.cli.diagnosis_output import INTERRUPTED, positive_minutes, present, tell
    from dragoman.storage.given_folder import check_run
    from dragoman.storage.output import check_folder
    from dragoman.storage.run_paths import RunPaths

    place, of_run, allowed = Path(subject), Path(subject).is_dir(), positive_minutes("--minutes", minutes)
    check_folder(folder := output or (RunPaths(place).diagnosis_folder if of_run else Path("diagnosis")))
    if of_run:
        _refuse_beside_a_run(given_values)
        check_run(place)
    else:
        _check_name(subject)
    measured = place if of_run else data.complete(subject, settings)

    from dragoman.diagnosis.capacity.diagnose import diagnose_capacity

    report = diagnose_capacity(measured, allowed, scratch=folder, tell=tell)
    title = f"Complexity against data: {place.resolve().name if of_run else place.stem}"
    present(report, report.as_text().rstrip("\n"), title, folder, "capacity", as_json=as_json)
    if report.interrupted:
        sys.exit(INTERRUPTED)


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
