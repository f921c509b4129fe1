"""From a recipe to a trained, evaluated model in a folder."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dragoman.assessment.assess import assess
from dragoman.data.dataset import Dataset
from dragoman.errors import InputError
from dragoman.model.folder import LoadedModel, load_model, save_model
from dragoman.model.weights import parameter_count
from dragoman.recipe import Recipe, changed, dump_recipe, load_recipe
from dragoman.reports.figure import drawing
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.folder import write_file
from dragoman.storage.given_path import given_path
from dragoman.tasks.assessment import Assessed, Report, held_out_of
from dragoman.tasks.card_facts import card_facts
from dragoman.tasks.task import Task
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
from dragoman.training.run_folder import RunFolder, tell
from dragoman.training.setup import set_up
from dragoman.training.snapshot import Progress
from dragoman.training.stability.monitor import StabilityMonitor
from dragoman.training.stability_log import StabilityLog
from dragoman.training.trainer import Trainer
from dragoman.training.training_state import TrainingState

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True, repr=False)
class Run(Shown):
    """A finished or interrupted run.

    Attributes:
        folder: holds ``recipe.toml``, ``dataset/``, ``history.jsonl``, ``stability.jsonl``, ``checkpoints/``, ``best/``
            and, once finished, ``learning_curves.png``, ``evaluation.json`` and, of labels and numbers,
            ``evaluation.png``; ``incidents/`` if updates were skipped.
        reason: why training ended.
        interrupted: whether a signal ended it, so that it can be resumed.
        report: how well the best model does on the test set, or on the validation set where there is none; None if
            interrupted, and in all processes but the first.
    """

    folder: Path
    reason: str
    interrupted: bool
    report: Report | None

    def summary(self) -> Summary:
        """What there is to say of it."""
        facts = {"ended": self.reason}
        if self.interrupted:
            facts["go on with"] = f"dragoman.resume({str(self.folder)!r})"
            return Summary(f"{self.folder}, interrupted", facts)
        if self.report is not None:
            facts |= self.report.summary().facts
        return Summary(str(self.folder), {**facts, "model": str(self.best), "curves": str(self.files.curves)})

    @property
    def files(self) -> RunFolder:
        """What lies in the folder."""
        return RunFolder(self.folder)

    @property
    def best(self) -> Path:
        """The folder of the best model."""
        return self.files.best

    def recipe(self) -> Recipe:
        """The recipe that it was trained by."""
        return self.files.recipe()

    def history(self) -> DataFrame:
        """One row per update and per validation."""
        return self.files.history()


def train(
    recipe: Recipe | Path | str,
    output: Path | str,
    *,
    changes: Mapping[str, object] | None = None,
    train: DataFrame | None = None,
    validation: DataFrame | None = None,
    test: DataFrame | None = None,
    observers: Sequence[Observer] = (),
    beside: Collection[str] = (),
    progress: bool | None = None,
) -> Run:
    """Prepare the data, train, keep the best model, evaluate it.

    Started by ``torchrun``, several processes train together; the first prepares, writes and evaluates.

    Args:
        recipe: a recipe, a TOML file, or a preset's name.
        output: the run's folder; must not exist or be empty, but for what is named in ``beside``.
        changes: nested values that replace those of a file or preset. Where they give so few updates that its warm-up
            does not fit, that becomes a tenth of them, which is told.
        train: pairs instead of the recipe's corpus, in the columns that ``data.train`` names, by default ``source``
            and ``target``.
        validation: likewise.
        test: likewise.
        observers: told of every update and validation, in the first process.
        beside: names in the folder that are someone else's, and are left alone.
        progress: whether to show how far it is, on standard error or in the notebook; by default where a person
            watches: on a terminal, or in a notebook.

    Raises:
        OutputError: if the folder exists and is not empty.
        InputError, RecipeError: if data or recipe cannot be used; nothing is left behind.
        TrainingError: if the run cannot go on, or another process of it has ended.
    """
    remarks: list[str] = []
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe, changes=changes, tell=remarks.append)
    run = RunFolder(given_path(output, "the folder of a run"))
    frames = _frames(train=train, validation=validation, test=test)
    with joined_processes() as processes, watched(observers, progress) as observers:
        hardware = _hardware(recipe, processes)
        if not processes.is_first:
            return _join(run, processes)
        check_before_data(recipe, hardware.device)
        for remark in remarks:
            tell(observers, remark)
        with run.prepared(recipe, frames, beside, observers) as dataset:
            processes.wait()
            return _train(run, recipe, dataset, hardware, observers, processes)


def prepare_run(
    recipe: Recipe, output: Path | str, *, observers: Sequence[Observer] = (), progress: bool | None = None
) -> None:
    """Prepare the data of a run that :func:`resume` then trains, so that what its data has to say is known before.

    Args:
        recipe: the run's.
        output: the run's folder; must not exist or be empty.
        observers: told of what is done.
        progress: whether to show how far it is, as for :func:`train`.

    Raises:
        OutputError: if the folder exists and is not empty.
        InputError, RecipeError: if data or recipe cannot be used; nothing is left behind.
    """
    with joined_processes() as processes, watched(observers, progress) as observers:
        hardware = _hardware(recipe, processes)
        if processes.is_first:
            check_before_data(recipe, hardware.device)
            with RunFolder(Path(output)).prepared(recipe, {}, (), observers):
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

    The run's own ``recipe.toml`` says how it goes on. How long it is, when it looks and saves, and its threads may
    change (:data:`~dragoman.training.resumption.CHANGEABLE`), there or by ``changes``, which are written there; so a
    finished run goes on where it is given more updates. Updates are those of a run that was planned so long from the
    beginning, unless its schedule ends with it (``cosine``): that is stretched from here on.

    Args:
        folder: the run's folder, interrupted or finished.
        changes: nested values that replace those of its recipe, such as ``{"training": {"updates": 2000}}``.
        observers: told of every update and validation, in the first process.
        progress: whether to show how far it is, as for :func:`train`.

    Raises:
        InputError: if the folder holds no run, or one that was killed while its data was prepared.
        RecipeError: naming what was changed, in the file or by ``changes``, and may not; or if the run would not go on
            by what was changed.
        DamagedFileError: if the dataset or all checkpoints fail their checksums.
        OutputError: if another process is writing in the folder, or it cannot be written.
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
                tell(observers, remark)
            processes.wait()
            return _train(run, recipe, dataset, hardware, observers, processes)


def _join(run: RunFolder, processes: Processes) -> Run:
    """What every process but the first does: wait until the data lies there, and train with the others."""
    processes.wait()
    recipe, dataset = run.recipe(), run.dataset()
    return _train(run, recipe, dataset, _hardware(recipe, processes), (), processes)


def _frames(**given: DataFrame | None) -> dict[str, DataFrame | None]:
    """The given tables by name.

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
    """Where this process computes, if these processes can train by the recipe."""
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
) -> Run:
    def log(message: str) -> None:
        tell(observers, message)

    setup = set_up(recipe, dataset, hardware, processes, log)
    task, settings, state = setup.task, setup.settings, setup.state
    checkpoints = Checkpoints(
        run.checkpoints_folder, run.history_file, settings.keep_checkpoints, dataset.fingerprint, dump_recipe(recipe)
    )
    stopping = EarlyStopping(settings.early_stopping.metric, settings.early_stopping.patience)
    history = History(run.path)
    with processes.first_before_others():
        progress = checkpoints.restore_newest(state, log, mend=processes.is_first)
        progress = progress or Progress(0, 0.0, setup.loader.state(), stopping)
        progress.stopping.patience = settings.early_stopping.patience
        if processes.is_first:
            history.truncate(progress.update)
    everyone = (history, StabilityLog(run.path), *observers) if processes.is_first else ()
    incidents = Incidents(run.incidents_folder, lambda examples: _lines(dataset, examples))
    recovery = Recovery(state, checkpoints, incidents, everyone, settings, processes)
    best = LoadedModel(setup.averaged, recipe, dataset.source, dataset.target)
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
    )
    device = str(hardware) if processes.count == 1 else f"{processes.count} processes, each with {hardware}"
    start = RunStart(run.path, recipe, progress.update, settings.updates, parameter_count(state.model), device)
    with Interrupt() as interrupt:
        for observer in everyone:
            observer.on_start(start)
        try:
            reason = trainer.run(progress, interrupt)
        finally:
            setup.loader.close()
        for observer in everyone:
            observer.on_end(reason)
        interrupted = processes.signal(interrupt.received) is not None
    with processes.first_before_others():
        finishes = processes.is_first and not interrupted
        report = _finish(run, task, dataset, start, hardware, reason) if finishes else None
    return Run(run.path, reason, interrupted, report)


def _monitor(task: Task, state: TrainingState, recipe: Recipe, dataset: Dataset) -> StabilityMonitor | None:
    """Looks at training as often as the recipe says; None if it says never."""
    every = recipe.training.stability.look_every
    if not every:
        return None
    batch = task.watched(recipe, dataset).to(state.model.device)
    return StabilityMonitor(state.model, state.parameters, [batch], every)


def _lines(dataset: Dataset, examples: Sequence[int]) -> list[str]:
    """Where training examples come from, as ``file:line``."""
    places = dataset.train.places(np.array(examples, dtype=np.int64))
    return [f"{dataset.files[file]}:{line}" for file, line in places]


def _finish(run: RunFolder, task: Task, dataset: Dataset, start: RunStart, hardware: Hardware, reason: str) -> Report:
    """Draw the curves, evaluate the best model, write its card."""
    name, history = run.path.name, run.history()
    with drawing():
        draw_learning_curves(history, run.curves, title=name)
    best = task.calibrated(load_model(run.best, hardware.device), dataset)
    held_out = held_out_of(dataset)
    (found,) = assess([Assessed(best, held_out)])
    if found.draw is not None:
        with drawing():
            found.draw(run.evaluation_picture, name)
    facts = card_facts(
        best,
        dataset,
        history,
        folder=run.path,
        reason=reason,
        device=start.device,
        split=held_out.split,
        text_sides=task.text_sides,
    )
    save_model(run.best, best, {"card.md": task.card(facts, best, found)}, replace=True)
    write_file(run.evaluation_file, (json.dumps(found.report.to_dict(), indent=2) + "\n").encode())
    return found.report
