"""How fast a model is on this machine: with each engine, number and shortlist, many inputs together and one a call."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from dragoman.assessment.bench_picture import draw_bench
from dragoman.assessment.evaluate import test_set_of
from dragoman.assessment.product_rates import limit_of, operations_of_use
from dragoman.assessment.speeds import Bench, EngineSpeed
from dragoman.data.examples import Examples
from dragoman.errors import InputError, UnsupportedError
from dragoman.export.preview_file import PREVIEW, load_preview
from dragoman.export.shortlist_file import SHORTLIST, load_shortlist
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.engine_choice import BY_SPEED, EngineSettings
from dragoman.predict.inputs import Given
from dragoman.predict.translator import Translator
from dragoman.storage.given import given_path
from dragoman.storage.output import check_output
from dragoman.storage.run_paths import name_of_model
from dragoman.storage.verified import VerifiedFolder
from dragoman.tasks.assessment import Search
from dragoman.tasks.in_turn import Log, Turns, in_turn
from dragoman.tasks.table import task_of
from dragoman.tasks.task import Opened, Task, Use

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


@dataclass(frozen=True, slots=True)
class _Contender:
    """An engine that can compute the model, opened for use."""

    search: Search
    opened: Opened
    use: Use

    @property
    def settings(self) -> str:
        """The numbers of the engine, and whether it has a shortlist or a preview."""
        return str(EngineSettings(self.search.compute, bool(self.search.shortlist), bool(self.search.preview)))

    def product_rates(self, loaded: LoadedModel, count: int, rate: float) -> tuple[float | None, float | None]:
        """Billions of operations in a second of the products of a native translator, and their share of what the
        processor reaches; None where they are not counted.

        Args:
            loaded: the model.
            count: number of inputs.
            rate: inputs in a second.
        """
        if self.search.engine != "native" or not isinstance(self.opened, Translator):
            return None, None
        folder = self.search.folder
        shortlist = load_shortlist(folder, *loaded.vocabularies) if folder and self.search.shortlist else None
        preview = load_preview(folder) if folder and self.search.preview else None
        operations = (
            operations_of_use(self.opened, shortlist, preview, lambda: self.use(np.arange(count))) / count * rate
        )
        limit = limit_of(self.search.compute, torch.get_num_threads())
        return operations / 1e9, operations / limit if limit else None


def _measured(
    task: Task, loaded: LoadedModel, folder: Path, given: Given | Examples, beam: int | None, log: Log
) -> Bench:
    """The speed of every engine that can compute the model."""
    contenders: list[_Contender] = []
    left_out: list[str] = []
    for search in _searches(task, folder, beam):
        try:
            opened = task.opened(loaded, folder, search)
            contender = _Contender(search, opened, task.using(opened, given, search))
            contender.use(np.arange(min(len(given), _WARM_UP)))
            contenders.append(contender)
        except UnsupportedError as error:
            left_out.append(f"{search.engine}, {search.compute}: {error.what}")
    uses = [contender.use for contender in contenders]
    timed = in_turn(uses, len(given), _TURNS, log)
    speeds = []
    for one, each, calls in zip(contenders, timed, _one_by_one(uses, min(len(given), _SINGLE)), strict=True):
        median, slowest = np.percentile(calls, [50, 99]).tolist()
        rates = one.product_rates(loaded, len(given), each.rate)
        speeds.append(EngineSpeed(one.search.engine, one.settings, each.rate, median, slowest, *rates))
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
    verified = VerifiedFolder.open(folder)
    has_list, has_preview = verified.holds(SHORTLIST), verified.holds(PREVIEW)
    others = [("torch", "float32", False), ("ctranslate2", "float32", False), ("ctranslate2", "int8", False)]
    others += [("ctranslate2", "int8", True)] * has_list
    asked = [Search(beam, engine, compute, shortlist, folder=folder) for engine, compute, shortlist in others]
    for each in reversed(BY_SPEED):
        if (has_list or not each.shortlist) and (has_preview or not each.preview):
            asked.append(Search(beam, "native", each.number, each.shortlist, folder=folder, preview=each.preview))
    return asked


def _one_by_one(uses: Sequence[Use], count: int) -> list[list[float]]:
    """The milliseconds of each use on single inputs, in turns."""
    found: list[list[float]] = [[] for _ in uses]
    for place in range(count):
        for use, times in zip(uses, found, strict=True):
            began = time.perf_counter()
            use(np.array([place]))
            times.append(1000 * (time.perf_counter() - began))
    return found
