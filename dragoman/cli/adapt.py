"""``dragoman adapt``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.data_options import File, Files, GivenData, Texts, data_option
from dragoman.cli.option_group import OptionGroup, takes_groups, typed_values
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.adaptation.adapt import Adaptation
    from dragoman.cli.settings import Sections
    from dragoman.storage.json import JsonObject

_SIGNALLED = 130
_REPLAY = "Share of old examples in each pass; 0 for none."
_MINUTES = "Time for choosing the learning rate and for training."
_OLD = "Old examples, for a model that does not lie in its run: text file, one source a line."
_SET = "Change a value of the parent's recipe: training.seed=2. A learning rate or updates that are set are not chosen."
_OUTPUT = "Folder of the adapted run; by default runs/MODEL-adapted."


@dataclass(frozen=True, kw_only=True)
class GivenOld(OptionGroup):
    """The old examples of a model that does not lie in its run."""

    old_source: Annotated[File, data_option(_OLD)] = None
    old_target: Annotated[File, data_option("Its translations, labels, numbers or tags.")] = None
    old_corpus: Annotated[Files, data_option("Old examples, as --corpus is. Repeatable.")] = None
    old_text: Annotated[Texts, data_option("Old examples, as --text is. Repeatable.")] = None

    def sections(self, data: GivenData) -> Sections:
        """The corpora as a recipe writes them; columns and formats are those of the new ones."""
        from dragoman.cli.settings import corpora

        return corpora(
            self.old_source,
            self.old_target,
            self.old_corpus,
            None,
            data.columns,
            data.file_format,
            self.old_text,
            written=(data.separator, data.decimal),
        )


@takes_groups
def adapt(
    data: GivenData,
    old: GivenOld,
    model: Annotated[File, typer.Argument(help="Folder of a model, or of its run.", show_default=False)] = None,
    output: Annotated[File, typer.Option(help=_OUTPUT)] = None,
    replay: Annotated[float | None, typer.Option(min=0.0, max=1.0, help=_REPLAY, show_default="0.5")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.0, max=1e6, help=_MINUTES, show_default="10")] = None,
    resume: Annotated[File, typer.Option(help="Go on with the adaptation in this folder.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help=_SET)] = None,
) -> None:
    """Go on training a model on new data without losing what it knew, and measure what was gained and forgotten.

    Old examples of the model's own run are mixed in; learning rate and length are chosen on held-out examples.
    """
    given_values = typed_values(locals())
    if resume is not None:
        _refuse_beside_resume(given_values)
        done = _resume(resume)
    elif model is None:
        raise InputError("no model", remedy="give the folder of a model, or --resume with that of an adapted run.")
    else:
        done = _adapt(model, data, old, output, replay, minutes, settings)
    _print(done)


def _adapt(
    model: Path,
    data: GivenData,
    old: GivenOld,
    output: Path | None,
    replay: float | None,
    minutes: float | None,
    settings: list[str] | None,
) -> Adaptation:
    from dragoman.storage.given import check_model
    from dragoman.storage.run_paths import model_in, name_of_model

    place = model_in(model) or model
    check_model(place)
    splits, before = data.splits(), old.sections(data)
    changes = _changes(data, settings)
    from dragoman.adaptation.adapt import adapt as adapt_model
    from dragoman.adaptation.given import REPLAY

    folder = output or Path("runs") / f"{name_of_model(place)}-adapted"
    with _going_on(folder):
        return adapt_model(
            place,
            folder,
            splits["train"],
            validation=splits["validation"],
            test=splits["test"],
            old_corpora=before,
            replay=REPLAY if replay is None else replay,
            minutes=minutes,
            changes=changes,
            progress=True,
        )


def _resume(folder: Path) -> Adaptation:
    from dragoman.adaptation.adapt import resume_adaptation

    with _going_on(folder):
        return resume_adaptation(folder, progress=True)


@contextlib.contextmanager
def _going_on(folder: Path) -> Iterator[None]:
    """During the block, Ctrl-C before training says how to go on; in training it ends the run cleanly."""
    try:
        yield
    except KeyboardInterrupt:
        from dragoman.cli.settings import remark

        if (folder / "adaptation").is_dir():
            remark(f"Nothing is lost; go on with:\n  dragoman adapt --resume {folder}")
        raise


def _changes(data: GivenData, settings: list[str] | None) -> JsonObject:
    """What was set, with the languages and columns that were given among it."""
    from dragoman.cli.settings import parse_settings
    from dragoman.recipe import merge

    lists = {"features": data.features, "categorical": data.categorical, "leave_out": data.leave_out}
    languages = {"source_language": data.source_language, "target_language": data.target_language}
    given: JsonObject = {name: language for name, language in languages.items() if language is not None}
    given |= {name: names.split(",") for name, names in lists.items() if names is not None}
    return merge({"data": given} if given else {}, parse_settings(settings or []))


def _refuse_beside_resume(values: Mapping[str, object]) -> None:
    from dragoman.cli.explicit import refuse_beside

    refuse_beside(
        "--resume",
        adapt,
        values,
        ("resume",),
        why="the adaptation goes on in its own folder, with its own model and data",
        remedy="leave these out. What may change in the run is given once it trains, with `dragoman train --resume RUN "
        "--set …`; for all else begin a new adaptation without --resume.",
    )


def _print(done: Adaptation) -> None:
    from dragoman.cli.report import print_run

    if done.report is None:
        print(f"{done.run.reason}. Nothing is lost; go on with:\n  dragoman adapt --resume {done.run.folder}")
        sys.exit(_SIGNALLED)
    print_run(done.run)
    print(f"\n{done.report.as_text()}")
