"""``dragoman distill``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.data_options import GivenData
from dragoman.cli.option_group import takes_groups, typed_values
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.distillation.distill import Distillation
    from dragoman.recipe import Recipe

_SIGNALLED = 130
_TEACHING = "What the student learns from"
_PRESET = "fast"
_BEAM = "Of the teacher's search."
_BEST_OF = "Learn from that one of so many candidates that is closest to the reference."
_KEEP = "Learn from the references as well."
_OWN = "Learn a vocabulary by the recipe; else the teacher's is taken."
_LIMIT = "Translate, and learn from, so many sentences, evenly spread over the training set."
_SET = "Change a value of the student's recipe: training.seed=2."

File = Path | None


@takes_groups
def distill(
    data: GivenData,
    teacher: Annotated[File, typer.Argument(help="Folder of a translator, or of its run.", show_default=False)] = None,
    recipe: Annotated[
        str | None, typer.Argument(help="The student: a TOML file, or a preset.", show_default=_PRESET)
    ] = None,
    output: Annotated[
        File, typer.Option(help="Folder of the student's run; by default runs/TEACHER-distilled.")
    ] = None,
    resume: Annotated[File, typer.Option(help="Go on with the distillation in this folder.")] = None,
    beam: Annotated[
        int | None, typer.Option(min=1, max=1000, help=_BEAM, rich_help_panel=_TEACHING, show_default="5")
    ] = None,
    best_of: Annotated[
        int | None, typer.Option(min=1, max=1000, help=_BEST_OF, rich_help_panel=_TEACHING, show_default="1")
    ] = None,
    keep_original: Annotated[bool, typer.Option("--keep-original", help=_KEEP, rich_help_panel=_TEACHING)] = False,
    limit: Annotated[int | None, typer.Option(min=1, max=10**12, help=_LIMIT, rich_help_panel=_TEACHING)] = None,
    own_vocabulary: Annotated[bool, typer.Option("--own-vocabulary", help=_OWN)] = False,
    settings: Annotated[list[str] | None, typer.Option("--set", help=_SET)] = None,
) -> None:
    """Train a small, fast translator on what a better one writes, and measure both (Kim & Rush 2016).

    Without data of its own, the teacher translates the training set of its run.
    """
    given_values = typed_values(locals())
    from dragoman.storage.run_paths import name_of_model

    if resume is not None:
        _refuse_beside_resume(given_values)
        from dragoman.distillation.distill import resume_distillation

        done = resume_distillation(resume, progress=True)
    elif teacher is None:
        raise InputError("no teacher", remedy="give the folder of a translator, or --resume with that of a run.")
    else:
        _check_teacher(teacher)
        student = _student(recipe or _PRESET, data, settings)
        from dragoman.distillation.distill import distill as distill_run

        done = distill_run(
            teacher,
            student,
            output or Path("runs") / f"{name_of_model(teacher)}-distilled",
            beam=beam or 5,
            best_of=best_of or 1,
            keep_original=keep_original,
            own_vocabulary=own_vocabulary,
            limit=limit,
            progress=True,
        )
    _print(done)


def _check_teacher(folder: Path) -> None:
    from dragoman.storage.given import check_model
    from dragoman.storage.run_paths import model_in

    check_model(model_in(folder) or folder)


def _refuse_beside_resume(values: Mapping[str, object]) -> None:
    from dragoman.cli.explicit import refuse_beside

    refuse_beside(
        "--resume",
        distill,
        values,
        ("resume",),
        why="the distillation goes on in its own folder, with its own teacher, student and texts",
        remedy="leave these out. What may change in the student's run is given once it trains, with `dragoman train "
        "--resume RUN --set …`; for all else begin a new distillation without --resume.",
    )


def _print(done: Distillation) -> None:
    from dragoman.cli.report import print_run

    if done.report is None:
        print(f"{done.run.reason}. Nothing is lost; go on with:\n  dragoman distill --resume {done.run.folder}")
        sys.exit(_SIGNALLED)
    print_run(done.run)
    print(f"\n{done.report.as_text()}")


def _student(recipe: str, data: GivenData, settings: list[str] | None) -> Recipe:
    """The student's recipe; without data in it, the training set of the teacher's run is translated."""
    splits = data.splits()
    if any(splits.values()) and not splits["train"]:
        raise InputError(
            "a validation or test set was given, and no text to translate",
            remedy="give --source and --target, or --corpus; or leave these out, to use the teacher's run.",
        )
    return data.complete(recipe, settings, needs_data=False)
