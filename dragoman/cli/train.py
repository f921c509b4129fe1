"""``dragoman train``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.data_options import GivenData
from dragoman.cli.option_group import takes_groups, typed_values

if TYPE_CHECKING:
    from dragoman.recipe import Recipe

_RECIPE = (
    "A TOML file, or a preset: auto, tiny, fast, small, base, demo, recurrent, convolution (translators), "
    "language-model, reader, text-label, text-number, text-tags, demo-tags, picture-label, row-label, row-number."
)
_PRESET = "auto"
_MINUTES = "With auto: minutes that the whole run may take, for which all else is chosen; else what the data deserves."
_OUTPUT = "Folder of the run; by default runs/RECIPE, of translators runs/FROM-TO-RECIPE."
_SET = "Change a value of the recipe: training.seed=2."
_START_FROM = "Start from this model's weights and vocabulary: a model's folder, or a run's; without RECIPE by its own."
_RESUME = "Go on with the run in this folder; a finished one with more updates: --set training.updates=20000."


@takes_groups
def train(
    data: GivenData,
    recipe: Annotated[str | None, typer.Argument(help=_RECIPE, show_default=_PRESET)] = None,
    output: Annotated[Path | None, typer.Option(help=_OUTPUT)] = None,
    start_from: Annotated[Path | None, typer.Option(help=_START_FROM)] = None,
    resume: Annotated[Path | None, typer.Option(help=_RESUME)] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help=_SET)] = None,
    minutes: Annotated[float | None, typer.Option(help=_MINUTES)] = None,
) -> None:
    """Train a model by a recipe on data of your own, evaluate it, and write its card.

    A recipe says what goes in (text, pictures, rows of a table, nothing) and what comes out (text, a label, a number,
    tags).
    """
    given_values = typed_values(locals())
    from dragoman.cli.settings import parse_settings

    if resume is not None:
        _refuse_beside_resume(given_values)
        changes = parse_settings(settings or [])
        _resume(resume, changes)
    elif recipe is None and start_from is not None and minutes is None:
        file, name = _recipe_of(start_from)
        complete = data.complete(str(file), settings, instead_of_its_own=True)
        _train(complete, output or Path("runs") / f"{name}-continued", name, start_from, None)
    else:
        recipe = recipe or _PRESET
        complete = data.complete(recipe, settings)
        _train(complete, output, Path(recipe).stem, start_from, minutes)


def _recipe_of(start_from: Path) -> tuple[Path, str]:
    """The recipe of the model that training starts from, and the model's name."""
    from dragoman.storage.given import check_model
    from dragoman.storage.run_paths import model_in, name_of_model, recipe_of

    model = model_in(start_from) or start_from
    check_model(model)
    return recipe_of(model), name_of_model(model)


def _train(recipe: Recipe, output: Path | None, stem: str, start_from: Path | None, minutes: float | None) -> None:
    from dragoman.cli.report import print_run
    from dragoman.tasks.table import task_of
    from dragoman.training.run import train as train_run

    folder = output or Path("runs") / task_of(recipe).run_name(recipe, stem)
    print_run(train_run(recipe, folder, start_from=start_from, progress=True, minutes=minutes))


def _resume(folder: Path, changes: Mapping[str, object]) -> None:
    from dragoman.storage.given import check_begun

    check_begun(folder)
    from dragoman.cli.report import print_run
    from dragoman.training.run import resume as resume_run

    print_run(resume_run(folder, changes=changes, progress=True))


def _refuse_beside_resume(values: Mapping[str, object]) -> None:
    from dragoman.cli.explicit import refuse_beside

    refuse_beside(
        "--resume",
        train,
        values,
        ("resume", "settings"),
        why="the run goes on in its own folder, with its own recipe and data",
        remedy="leave these out; what may change in a run is given with --set. For another recipe or other data start "
        "a new run without --resume.",
    )
