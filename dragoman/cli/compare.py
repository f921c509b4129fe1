"""``dragoman compare``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.data_options import GivenData
from dragoman.cli.option_group import takes_groups
from dragoman.cli.options import finite

if TYPE_CHECKING:
    from dragoman.comparison.report import ComparisonReport
    from dragoman.recipe import Recipe

_BUDGET = "Budget of recipes (one of these)"


@takes_groups
def compare(
    data: GivenData,
    subjects: Annotated[list[str], typer.Argument(help="Folders of finished runs, TOML files, presets.")],
    tokens: Annotated[
        int | None, typer.Option(min=1, max=10**12, help="Target tokens, or examples.", rich_help_panel=_BUDGET)
    ] = None,
    updates: Annotated[int | None, typer.Option(min=1, max=10**12, help="Updates.", rich_help_panel=_BUDGET)] = None,
    minutes: Annotated[
        float | None, typer.Option(max=10**6, callback=finite, help="Minutes of training.", rich_help_panel=_BUDGET)
    ] = None,
    reach: Annotated[
        float | None, typer.Option(max=10**6, callback=finite, help="Tell the time to this score, such as 30 (BLEU).")
    ] = None,
    beam: Annotated[int | None, typer.Option(min=1, max=1000, help="Beam width; by default each recipe's.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, max=4096, help="Processor threads for measuring.")] = None,
    names: Annotated[str | None, typer.Option(help="Names of the subjects, such as a,b,c.")] = None,
    output: Annotated[Path, typer.Option(help="Folder of the report and of recipes' runs.")] = Path("comparison"),
    settings: Annotated[list[str] | None, typer.Option("--set", help="Change a value of every recipe.")] = None,
) -> None:
    """Compare recipes, trained under one budget, or finished runs: a table, pictures and a page."""
    from dragoman.storage.output import check_folder

    check_folder(output)
    found = _subjects(subjects, names, lambda name: data.complete(name, settings))

    from dragoman.comparison.budget import Budget
    from dragoman.comparison.compare import PAGE
    from dragoman.comparison.compare import compare as compare_subjects

    budget = Budget(tokens, updates, minutes) if (tokens, updates, minutes) != (None, None, None) else None
    _print(compare_subjects(found, output, budget=budget, reach=reach, beam=beam, threads=threads, progress=True))
    print(f"\nPage: {output / PAGE}")


def _print(report: ComparisonReport) -> None:
    from rich.console import Console

    from dragoman.comparison.report import cost_columns, notes, quality_columns
    from dragoman.reports.text import aligned

    console = Console()
    for shown in (quality_columns(report), cost_columns(report)):
        for line in aligned([tuple(shown), *zip(*shown.values(), strict=True)]):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        console.print()
    for note in notes(report):
        console.print(f"- {note}", markup=False, highlight=False)


def _subjects(subjects: list[str], names: str | None, complete: Callable[[str], Recipe]) -> dict[str, Path | Recipe]:
    from dragoman.errors import InputError, RecipeError

    called = names.split(",") if names is not None else [Path(subject).stem for subject in subjects]
    if len(called) != len(subjects):
        raise RecipeError([f"--names {names}: {len(called)} names for {len(subjects)} subjects"])
    if twice := sorted({name for name in called if called.count(name) > 1}):
        raise InputError(f"two subjects are called {', '.join(twice)}", remedy="give each a name with --names.")
    return {
        name: Path(subject) if Path(subject).is_dir() else complete(subject)
        for name, subject in zip(called, subjects, strict=True)
    }
