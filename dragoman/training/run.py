"""From a recipe to a trained, evaluated model in a folder."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dragoman.assessment.assess import assess
from dragoman.data.dataset import Dataset
from dragoman.errors import InputError
from dragoman.model.folder import LoadedModel, load_model, save_model
from dragoman.model.taking_over import TakenOver
from dragoman.model.weights import parameter_count
from dragoman.recipe import Recipe, changed, dump_recipe, load_recipe
from dragoman.reference.file import reference_files
from dragoman.reference.held_out import reference_of
from dragoman.reports.figure import drawing
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.folder import write_file
from dragoman.storage.given import given_path
from dragoman.tasks.assessment import Assessed, Report, held_out_of
from dragoman.tasks.card_facts import card_facts
from dragoman.tasks.task import Task
from dragoman.training.budget.automatic import Chooser, check_budget, with_minutes
from dragoman.training.budget.deadline import Deadline
from dragoman.training.budget.plan import evaluated_share
from dragoman.training.budget.unchosen import refuse_unchosen
from dragoman.training.checkpoint import Checkpoints
from dragoman.training.distributed import Processes, joined_processes
from dragoman.training.early_stopping import EarlyStopping
from dragoman.training.history import History
from dragoman.training.interrupt import Interrupt
from dragoman.training.learning_curves import draw_learning_curves
from dragoman.training.memory import check_before_data
from dragoman.training.observer import Observer, RunStart
from dragoman.training.precision import Hardware, choose_hardware
from dragoman.training.progress import watched
from dragoman.training.recovery.incident import Incidents
from dragoman.training.recovery.recovery import Recovery
from dragoman.training.resumption import check_asked, check_changes
from dragoman.training.run_folder import RunFolder, log_to
from dragoman.training.setup import set_up
from dragoman.training.snapshot import Progress
from dragoman.training.stability.monitor import StabilityMonitor
from dragoman.training.stability_log import StabilityLog
from dragoman.training.start import Start
from dragoman.training.trainer import Trainer
from dragoman.training.training_state import TrainingState

if TYPE_CHECKING:
    from pandas import DataFrame

_clock = time.monotonic
"""The clock by which a run ends in time."""


@dataclass(frozen=True, slots=True, repr=False)
class Run(Shown):
    """A finished or interrupted run, as :func:`train` and :func:`resume` return it.

    >>> run = resume("runs/demo", changes={"training": {"updates": 7}})
    >>> run.reason, run.interrupted
    ('all 7 updates done', False)
    >>> run.best.name  # the folder that `dragoman.load` opens
    'best'
    >>> sorted(set(run.history()["event"]))
    ['update', 'validation']
    >>> run.recipe().training.updates
    7

    Attributes:
        folder: the run's folder. It holds ``recipe.toml``, ``dataset/``, ``history.jsonl``, ``stability.jsonl``,
            ``checkpoints/`` and ``best/``; once training has finished, ``learning_curves.png`` and ``evaluation.json``,
            and for models that predict labels or numbers ``evaluation.png``; if updates were skipped, ``incidents/``;
            if it started from a model, a copy of that in ``parent/``.
        reason: why training ended.
        interrupted: whether a signal ended training, so that it can be resumed.
        report: quality of the best model on the test set, or on the validation set if there is no test set; None if
            training was interrupted, and in all processes but the first.
    """

    folder: Path
    reason: str
    interrupted: bool
    report: Report | None

    def summary(self) -> Summary:
        """The facts of the run that are shown where it is printed."""
        facts = {"ended": self.reason}
        if self.interrupted:
            facts["go on with"] = f"dragoman.resume({str(self.folder)!r})"
            return Summary(f"{self.folder}, interrupted", facts)
        if self.report is not None:
            facts |= self.report.summary().facts
        return Summary(str(self.folder), {**facts, "model": str(self.best), "curves": str(self.files.curves)})

    @property
    def files(self) -> RunFolder:
        """The files of the run."""
        return RunFolder(self.folder)

    @property
    def best(self) -> Path:
        """The folder of the best model."""
        return self.files.best

    def recipe(self) -> Recipe:
        """The recipe that the run was trained by."""
        return self.files.recipe()

    def history(self) -> DataFrame:
        """The history of the run: one row for each update and each validation."""
        return self.files.history()


def train(
    recipe: Recipe | Path | str,
    output: Path | str,
    *,
    changes: Mapping[str, object] | None = None,
    train: DataFrame | None = None,
    validation: DataFrame | None = None,
    test: DataFrame | None = None,
    start_from: Path | str | None = None,
    observers: Sequence[Observer] = (),
    beside: Collection[str] = (),
    progress: bool | None = None,
    minutes: float | None = None,
) -> Run:
    """Prepare the data, train a model, keep the best one and evaluate it.

    If ``torchrun`` started several processes, they train together; the first prepares, writes and evaluates.

    >>> import pandas as pd
    >>> texts = [f"{one} {other}" for one in "abcdefgh" for other in "ijklmnop"]
    >>> pairs = pd.DataFrame({"source": texts, "target": [text[::-1] for text in texts]})
    >>> small = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}
    >>> changes = {
    ...     "data": {"validation_pairs": 8, "test_pairs": 8},
    ...     "tokenizer": {"vocabulary_size": 300},
    ...     "cleaning": {"language": False},
    ...     "model": {"encoder": small, "decoder": small},
    ...     "training": {"updates": 2, "device": "cpu"},
    ... }
    >>> run = train("small", "runs/reversal", changes=changes, train=pairs)
    >>> run.reason
    'all 2 updates done'

    Args:
        recipe: a recipe, the path of a TOML file, or the name of a preset.
        output: the run's folder; it must not exist or must be empty, apart from what is named in ``beside``.
        changes: nested values that replace those of a file or preset. If they leave fewer updates than its warm-up
            takes, the warm-up becomes a tenth of the updates, which observers are told.
        train: training examples instead of the recipe's corpora, in the columns that ``data.train`` names, by default
            ``source`` and ``target``.
        validation: validation examples instead of the recipe's corpora, in the columns that ``data.validation`` names.
        test: test examples instead of the recipe's corpora, in the columns that ``data.test`` names.
        start_from: the folder of a model, or of a run whose best model is meant, that training starts from: its weights
            are taken over wherever they fit, and what it knows of inputs and outputs is kept. A copy of it lies in the
            run's folder, so that the run goes on without it.
        observers: objects that are told of every update and validation, in the first process.
        beside: names of files and folders that may already lie in the run's folder, and are left alone.
        progress: whether to show the progress, on standard error or in the notebook; None shows it on a terminal and in
            a notebook, and not otherwise.
        minutes: with the preset ``auto``, the minutes that the whole run may take, for which model, vocabulary,
            batch, regularisation and schedule are chosen.

    Raises:
        OutputError: if the folder exists and is not empty.
        InputError, RecipeError: if data or recipe cannot be used, the minutes do not suffice for one pass over the
            data, or the model to start from is of another task or fits nowhere; nothing is left behind.
        DamagedFileError: if the model to start from is damaged.
        TrainingError: if the run cannot go on, or another process of it has ended.
    """
    began = _clock()
    remarks: list[str] = []
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe, changes=changes, log=remarks.append)
    recipe = with_minutes(recipe, minutes)
    check_budget(recipe, starts_from_a_model=start_from is not None)
    run = RunFolder(given_path(output, "the folder of a run"))
    frames = _frames(train=train, validation=validation, test=test)
    with joined_processes() as processes, watched(observers, progress) as observers:
        hardware = _hardware(recipe, processes)
        if not processes.is_first:
            return _join(run, processes)
        check_before_data(recipe, hardware.device)
        start = _start(start_from, recipe, remarks)
        for remark in remarks:
            log_to(observers, remark)
        chooser = None
        if recipe.training.budget is not None:
            log = partial(log_to, observers)
            chooser = Chooser(recipe, hardware, log, _clock, began, processes.count)
        with run.prepared(recipe, frames, beside, observers, start, chooser) as (recipe, dataset):
            processes.wait()
            return _train(run, recipe, dataset, hardware, observers, processes, _clock() - began)


def _start(folder: Path | str | None, recipe: Recipe, remarks: list[str]) -> Start | None:
    """The model that training starts from, once it is clear that it can; what differs is added to the remarks."""
    if folder is None:
        return None
    start = Start.open(folder)
    remarks += start.check(recipe)
    return start


def prepare_run(
    recipe: Recipe,
    output: Path | str,
    *,
    start_from: Path | str | None = None,
    observers: Sequence[Observer] = (),
    progress: bool | None = None,
) -> None:
    """Prepare the data of a run that :func:`resume` then trains, so that problems of the data are known beforehand.

    Args:
        recipe: the recipe of the run.
        output: the run's folder; it must not exist or must be empty.
        start_from: the model that training starts from, as for :func:`train`.
        observers: objects that are told what is done.
        progress: whether to show the progress, as for :func:`train`.

    Raises:
        OutputError: if the folder exists and is not empty.
        InputError, RecipeError: if data or recipe cannot be used; nothing is left behind.
    """
    refuse_unchosen(recipe)
    with joined_processes() as processes, watched(observers, progress) as observers:
        hardware = _hardware(recipe, processes)
        if processes.is_first:
            check_before_data(recipe, hardware.device)
            remarks: list[str] = []
            start = _start(start_from, recipe, remarks)
            for remark in remarks:
                log_to(observers, remark)
            with RunFolder(Path(output)).prepared(recipe, {}, (), observers, start):
                pass
        processes.wait()


def resume(
    folder: Path | str,
    *,
    changes: Mapping[str, object] | None = None,
    observers: Sequence[Observer] = (),
    progress: bool | None = None,
) -> Run:
    """Go on with a run from its newest checkpoint, to the same bits as if it had not been interrupted.

    The run goes on by its own ``recipe.toml``. Its length, how often it validates and saves, and its number of threads
    may change (:data:`~dragoman.training.resumption.CHANGEABLE`), either in that file or by ``changes``, which are
    written to it. So a finished run goes on if it is given more updates. The updates are the same as those of a run
    that was planned so long from the beginning, unless the schedule depends on the length (``cosine``, ``linear``) or
    another setting is a share of the run: these are stretched from here on. The schedule ``hold`` gives the same
    updates as long as its decay has not begun.

    >>> run = resume("runs/demo", changes={"training": {"updates": 8}})
    >>> int(run.history()["update"].max())
    8

    Args:
        folder: the folder of an interrupted or finished run.
        changes: nested values that replace those of its recipe, such as ``{"training": {"updates": 2000}}``.
        observers: objects that are told of every update and validation, in the first process.
        progress: whether to show the progress, as for :func:`train`.

    Raises:
        InputError: if the folder holds no run, or one that was killed while its data was prepared.
        RecipeError: if a setting was changed, in the file or by ``changes``, that may not change; it names each of
            them. Or if the run would end at once in spite of what was changed.
        DamagedFileError: if the dataset or all checkpoints fail their checksums.
        OutputError: if another process is writing to the folder, or it cannot be written.
        TrainingError: if the run cannot go on, or another process of it has ended.
    """
    run = RunFolder(given_path(folder, "the folder of a run"))
    with joined_processes() as processes, watched(observers, progress) as observers:
        if not processes.is_first:
            return _join(run, processes)
        with run.reopened() as written:
            check_asked(run, written, changes or {})
            recipe = changed(written, changes or {}, file=run.recipe_file)
            remarks = check_changes(run, written, recipe)
            hardware = _hardware(recipe, processes)
            dataset = run.dataset()
            if recipe != written:
                write_file(run.recipe_file, dump_recipe(recipe).encode())
            for remark in remarks:
                log_to(observers, remark)
            processes.wait()
            return _train(run, recipe, dataset, hardware, observers, processes)


def _join(run: RunFolder, processes: Processes) -> Run:
    """Wait until the first process has prepared the data, then train with the others."""
    processes.wait()
    recipe, dataset = run.recipe(), run.dataset()
    return _train(run, recipe, dataset, _hardware(recipe, processes), (), processes)


def _frames(**given: DataFrame | None) -> dict[str, DataFrame | None]:
    """The given tables by their names.

    Raises:
        InputError: if one is no DataFrame.
    """
    for name, frame in given.items():
        if frame is not None and not (hasattr(frame, "columns") and hasattr(frame, "iloc")):
            raise InputError(
                f"{name} = {str(frame)[:60]!r} is no pandas DataFrame but {type(frame).__name__}",
                remedy=f"read it first, as in {name} = pandas.read_csv(FILE); or name a file in the recipe, with "
                f'changes = {{"data": {{"{name}": [{{"path": FILE}}]}}}}.',
            )
    return dict(given)


def _hardware(recipe: Recipe, processes: Processes) -> Hardware:
    """The device and precision of this process, once it is clear that these processes can train by the recipe."""
    hardware = choose_hardware(recipe.training.device, recipe.training.precision, recipe.training.threads)
    processes.check(recipe, hardware.device)
    return hardware


def _train(
    run: RunFolder,
    recipe: Recipe,
    dataset: Dataset,
    hardware: Hardware,
    observers: Sequence[Observer],
    processes: Processes,
    spent: float = 0.0,
) -> Run:
    def log(message: str) -> None:
        log_to(observers, message)

    start = Start.of_run(run)
    setup = set_up(recipe, dataset, hardware, processes, log, start)
    task, settings, state = setup.task, setup.settings, setup.state
    checkpoints = Checkpoints(
        run.checkpoints_folder, run.history_file, settings.keep_checkpoints, dataset.fingerprint, dump_recipe(recipe)
    )
    stopping = EarlyStopping(settings.early_stopping.metric, settings.early_stopping.patience)
    history = History(run.path)
    with processes.first_before_others():
        progress = checkpoints.restore_newest(state, log, mend=processes.is_first)
        if progress is None and setup.taken is not None:
            for line in setup.taken.describe():
                log(line)
        if processes.is_first:
            history.truncate(-1 if progress is None else progress.update)
        progress = progress or Progress(0, 0.0, setup.loader.state(), stopping)
        progress.stopping.patience = settings.early_stopping.patience
    everyone = (history, StabilityLog(run.path), *observers) if processes.is_first else ()
    incidents = Incidents(run.incidents_folder, lambda examples: _lines(dataset, examples))
    recovery = Recovery(state, checkpoints, incidents, everyone, settings, processes)
    parent = None if start is None else start.parent
    best = LoadedModel(setup.averaged, recipe, dataset.source, dataset.target, parent)
    trainer = Trainer(
        state,
        setup.loader,
        task.validator(setup.averaged, recipe, dataset),
        checkpoints,
        recovery,
        lambda: save_model(run.best, best, {}, replace=True),
        everyone,
        settings,
        processes,
        _monitor(task, state, recipe, dataset) if processes.is_first else None,
        looks_first=start is not None,
        deadline=_deadline(recipe, dataset, progress, spent),
    )
    device = str(hardware) if processes.count == 1 else f"{processes.count} processes, each with {hardware}"
    began = RunStart(run.path, recipe, progress.update, settings.updates, parameter_count(state.model), device)
    with Interrupt() as interrupt:
        for observer in everyone:
            observer.on_start(began)
        try:
            reason = trainer.run(progress, interrupt)
        finally:
            setup.loader.close()
        for observer in everyone:
            observer.on_end(reason)
        interrupted = processes.signal(interrupt.received) is not None
    with processes.first_before_others():
        finishes = processes.is_first and not interrupted
        report = _finish(run, task, dataset, began, hardware, reason, setup.taken) if finishes else None
    return Run(run.path, reason, interrupted, report)


def _deadline(recipe: Recipe, dataset: Dataset, progress: Progress, spent: float) -> Deadline | None:
    """The clock of a run that must end in time, of which preparing took the seconds ``spent``; None if it need not."""
    minutes = recipe.training.finish_within
    if minutes is None:
        return None
    timing = replace(progress.timing, elapsed=max(progress.timing.elapsed, spent))
    test = 0 if dataset.test is None else len(dataset.test)
    return Deadline(60 * minutes, timing, evaluated_share(len(dataset.validation), test), _clock)


def _monitor(task: Task, state: TrainingState, recipe: Recipe, dataset: Dataset) -> StabilityMonitor | None:
    """The monitor that the recipe asks for; None if it asks for none."""
    every = recipe.training.stability.look_every
    if not every:
        return None
    batch = task.watched(recipe, dataset).to(state.model.device)
    return StabilityMonitor(state.model, state.parameters, [batch], every)


def _lines(dataset: Dataset, examples: Sequence[int]) -> list[str]:
    """The places where training examples stand, each as ``file:line``."""
    places = dataset.train.places(np.array(examples, dtype=np.int64))
    return [f"{dataset.files[file]}:{line}" for file, line in places]


def _finish(
    run: RunFolder,
    task: Task,
    dataset: Dataset,
    began: RunStart,
    hardware: Hardware,
    reason: str,
    taken: TakenOver | None,
) -> Report:
    """Draw the learning curves, choose what the best model is computed with, evaluate it, and write its card and the
    profile of its training distribution; returns the evaluation's report."""
    name, history = run.path.name, run.history()
    with drawing():
        draw_learning_curves(history, run.curves, title=name)
    best = task.calibrated(load_model(run.best, hardware.device), dataset)
    held_out = held_out_of(dataset)
    engine = task.chosen_engine(best, dataset, task.shortlists(best, dataset))
    (found,) = assess([Assessed(best, held_out)])
    reference = reference_of(best, dataset)
    if found.draw is not None:
        with drawing():
            found.draw(run.evaluation_picture, name)
    facts = card_facts(
        best,
        dataset,
        history,
        folder=run.path,
        reason=reason,
        device=began.device,
        taken_over=() if taken is None else taken.describe(),
        split=held_out.split,
        text_sides=task.text_sides,
        reference=None if reference is None else reference.phrase,
        engine=None if engine is None else engine.choice.phrase,
    )
    files: dict[str, str | bytes] = {
        "card.md": task.card(facts, best, found),
        **reference_files(reference),
        **({} if engine is None else engine.files()),
    }
    save_model(run.best, best, files, replace=True)
    write_file(run.evaluation_file, (json.dumps(found.report.to_dict(), indent=2) + "\n").encode())
    return found.report
