"""How fast a model is on this machine: with each engine, number and shortlist, many inputs together and one a call."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from dragoman.assessment.bench_picture import draw_bench
from dragoman.assessment.evaluate import test_set_of
from dragoman.assessment.speeds import Bench, EngineSpeed
from dragoman.data.examples import Examples
from dragoman.errors import InputError, UnsupportedError
from dragoman.export.shortlist_file import SHORTLIST
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.engine_choice import BY_SPEED
from dragoman.predict.inputs import Given
from dragoman.storage.given import given_path
from dragoman.storage.output import check_output
from dragoman.storage.run_paths import name_of_model
from dragoman.storage.verified import VerifiedFolder
from dragoman.tasks.assessment import Search
from dragoman.tasks.in_turn import Log, Turns, in_turn
from dragoman.tasks.table import task_of
from dragoman.tasks.task import Task, Use

INPUTS = 200
"""The usual number of inputs that are measured."""
_TURNS = Turns(rounds=3)
_SINGLE = 100
_WARM_UP = 3


def bench(
    model: Path | str,
    inputs: Iterable[object] | None = None,
    *,
    beam: int | None = None,
    most: int = INPUTS,
    threads: int | None = None,
    picture: Path | str | None = None,
    log: Log = lambda message: None,
) -> Bench:
    """Measure how fast a model is here, with each engine that can compute it.

    Engines take turns, so that a slow phase of the machine slows all of them. A translator and a predictor of texts are
    timed with all that happens to a text. What other processes do while this runs is part of what is measured.

    Args:
        model: the folder of a translator, a reader of pictures or a predictor.
        inputs: what to measure it on, as the model itself takes it; by default the test set of the run that the model
            lies in.
        beam: beam width; by default the recipe's.
        most: the most inputs that are used.
        threads: number of threads; by default PyTorch's.
        picture: PNG file to draw the speeds into.
        log: called with a sentence on each part.

    Raises:
        InputError: if there is no model, it is a language model, or there is nothing to measure it on.
    """
    folder = given_path(model, "the folder of a model")
    if picture is not None:
        check_output(given_path(picture, "a picture"), [folder])
    if isinstance(most, bool) or most < 1:
        raise InputError(f"{most!r} is no number of inputs", remedy="give 1 or more.")
    loaded = load_model(folder)
    task = task_of(loaded.recipe)
    given = _given(task, loaded, folder, inputs, most)
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        found = _measured(task, loaded, folder, given, beam, log)
    finally:
        torch.set_num_threads(before)
    if picture is not None:
        draw_bench(found, given_path(picture, "a picture"))
    return found


def _given(
    task: Task, loaded: LoadedModel, folder: Path, inputs: Iterable[object] | None, most: int
) -> Given | Examples:
    """The inputs: what a caller gave, or the test set of the run that the model lies in.

    Raises:
        InputError: if there is none.
    """
    if inputs is None:
        examples = test_set_of(folder, loaded).examples
        return examples.spread(min(len(examples), most))
    given = task.checked_inputs(loaded, inputs)[:most]
    if not len(given):
        raise InputError("nothing was given to measure the model on", remedy=f"give some {task.words.inputs}.")
    return given


def _measured(
    task: Task, loaded: LoadedModel, folder: Path, given: Given | Examples, beam: int | None, log: Log
) -> Bench:
    """The speed of every engine that can compute the model."""
    names: list[tuple[str, str]] = []
    uses: list[Use] = []
    left_out: list[str] = []
    for search in _searches(task, folder, beam):
        settings = "float32" if search.compute == "auto" else search.compute
        name = search.engine, f"{settings} with a shortlist" if search.shortlist else settings
        try:
            use = task.using(task.opened(loaded, folder, search), given, search)
            use(np.arange(min(len(given), _WARM_UP)))
        except UnsupportedError as error:
            left_out.append(f"{', '.join(name)}: {error.what}")
            continue
        names.append(name)
        uses.append(use)
    timed = in_turn(uses, len(given), _TURNS, log)
    single = _one_by_one(uses, min(len(given), _SINGLE))
    speeds = [
        EngineSpeed(engine, settings, each.rate, float(np.median(calls)), float(np.percentile(calls, 99)))
        for (engine, settings), each, calls in zip(names, timed, single, strict=True)
    ]
    recipe = loaded.recipe.search if beam is None else loaded.recipe.search.model_copy(update={"beam": beam})
    return Bench(
        name_of_model(folder.absolute()),
        f"{len(given):,} {task.words.inputs}",
        recipe.phrase if task.searches else "",
        torch.get_num_threads(),
        tuple(speeds),
        tuple(left_out),
    )


def _searches(task: Task, folder: Path, beam: int | None) -> list[Search]:
    """What each engine may be asked for, the slowest first."""
    if not task.searches:
        return [Search(engine=name, compute="float32", folder=folder) for name in ("torch", "native")]
    has_list = VerifiedFolder.open(folder).holds(SHORTLIST)
    asked = [("torch", "float32", False), ("ctranslate2", "float32", False), ("ctranslate2", "int8", False)]
    asked += [("ctranslate2", "int8", True)] * has_list
    asked += [("native", each.number, each.shortlist) for each in reversed(BY_SPEED) if has_list or not each.shortlist]
    return [Search(beam, engine, compute, shortlist, folder=folder) for engine, compute, shortlist in asked]


def _one_by_one(uses: Sequence[Use], count: int) -> list[list[float]]:
    """The milliseconds of each use on single inputs, in turns."""
    found: list[list[float]] = [[] for _ in uses]
    for place in range(count):
        for use, times in zip(uses, found, strict=True):
            began = time.perf_counter()
            use(np.array([place]))
            times.append(1000 * (time.perf_counter() - began))
    return found
