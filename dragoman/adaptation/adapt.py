"""Adapting a model to new examples without losing what it knew: continued training with replay of old ones.

Continued training on new examples alone forgets the old ones (McCloskey & Cohen 1989; for translation Thompson et al.
2019, section 1). Replay mixes them in: in each pass a share of what is seen is old, as in mixed fine-tuning (Chu et al.
2017). An adapted run is an ordinary run by an ordinary recipe, which names what it started from.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from dragoman.adaptation.card import with_adaptation
from dragoman.adaptation.extension import knows_all
from dragoman.adaptation.given import REPLAY, Wishes, plan_of
from dragoman.adaptation.measure import measure_sides
from dragoman.adaptation.mixture import Mixture, mix, mixed_recipe
from dragoman.adaptation.pictures import draw_adaptation
from dragoman.adaptation.plan import Plan
from dragoman.adaptation.rates import FACTORS, Trials, choose
from dragoman.adaptation.report import AdaptationReport
from dragoman.data.dataset import Dataset
from dragoman.data.parent_fields import ParentFields
from dragoman.data.prepare import prepare
from dragoman.errors import DamagedFileError, DragomanError, InputError, OutputError, UnsupportedError
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, load_model
from dragoman.progress.watched import logger
from dragoman.recipe import Recipe, changed, dump_recipe
from dragoman.reports.figure import drawing
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.folder import remove_folder, replace_files, write_file
from dragoman.storage.given import given_path
from dragoman.storage.lock import locked
from dragoman.storage.output import check_folder
from dragoman.storage.run_paths import run_around
from dragoman.tasks.table import task_of
from dragoman.training.distributed import is_alone
from dragoman.training.observer import Observer
from dragoman.training.precision import Hardware, choose_hardware
from dragoman.training.run import Run, resume
from dragoman.training.run_folder import RunFolder
from dragoman.training.start import Start

if TYPE_CHECKING:
    from pandas import DataFrame

ADAPTATION, NEW, OLD, MIXTURE, TRIALS = "adaptation", "new", "old", "mixture.json", "trials.json"
REPORT, PICTURE = "adaptation.json", "adaptation.png"
_FEWEST = 20
"""The fewest new examples for validation, and for the test."""
_SHARE = 10
"""A tenth of the new examples is held out for validation, and another for the test, where none are given."""

Log = Callable[[str], None]
Corpora = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True, repr=False)
class Adaptation(Shown):
    """A finished or interrupted adaptation.

    Attributes:
        run: run of the adapted model.
        report: before and after; None if the run was interrupted.
    """

    run: Run
    report: AdaptationReport | None

    def summary(self) -> Summary:
        """A short summary of the adaptation."""
        if self.report is None:
            return self.run.summary()
        found = self.report.summary()
        return Summary(found.headline, {**found.facts, "model": str(self.run.best)})


def adapt(
    model: Path | str,
    output: Path | str,
    corpora: Corpora = (),
    *,
    validation: Corpora = (),
    test: Corpora = (),
    old_corpora: Corpora = (),
    replay: float = REPLAY,
    minutes: float | None = None,
    changes: Mapping[str, object] | None = None,
    train: DataFrame | None = None,
    log: Log | None = None,
    observers: Sequence[Observer] = (),
    progress: bool | None = None,
) -> Adaptation:
    """Go on training a model on new examples, with replay of old ones, and measure what was gained and forgotten.

    The learning rate is that of three (the parent's peak, 0.3 and 0.1 of it) which after a short trial has the lowest
    validation loss; the number of updates is what fits into the time, at most 30 passes over the new examples, and the
    weights are those of the validation with the lowest loss. This loss is (1 − replay) times that on new, plus replay
    times that on old held-out examples.

    Args:
        model: folder of a model, or of its run.
        output: folder of the adapted run; must not exist or be empty.
        corpora: new examples, each corpus as a recipe writes one, such as ``{"path": "new.tmx"}``. A tenth of them is
            held out for validation and another for the test, unless such corpora are given.
        validation: corpora of new examples for validation.
        test: corpora of new examples for the test.
        old_corpora: corpora of old examples, for a model that does not lie in its run.
        replay: share of old examples in one pass, from 0 to below 1.
        minutes: time for trials and training; by default 10 minutes or, with ``training.updates`` in ``changes``, no
            limit. Validation and evaluation take more.
        changes: nested values that replace those of the parent's recipe. With ``training.optimizer.learning_rate`` in
            them, none is chosen.
        train: new examples as a table, instead of ``corpora``.
        log: called with a sentence on each step; by default it is shown where progress is.
        observers: observers of training.
        progress: whether to show the progress; by default on a terminal or in a notebook.

    Raises:
        InputError: if there is no model; if new examples are too few, of other languages, or of another kind; if there
            are no old examples to replay; or if ``replay`` or ``minutes`` is out of range.
        RecipeError: if a change is wrong.
        OutputError: if the output folder is not empty, or cannot be written.
        UnsupportedError: if it was started in several processes.
    """
    _refuse_several_processes()
    folder = given_path(output, "the folder of an adaptation")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            "the output folder exists already and is not empty",
            file=folder,
            remedy="choose another --output, or go on with its adaptation by `dragoman adapt --resume`.",
        )
    check_folder(folder)
    start = Start.open(model)
    given = {"train": corpora, "validation": validation, "test": test}
    plan = plan_of(start, given, old_corpora, Wishes(replay, minutes, changes or {}, train is not None))
    log = log or logger(progress)
    for remark in start.check(plan.recipe):
        log(remark)
    created = not folder.exists()
    plan.save(folder / ADAPTATION)
    try:
        return _go_on(plan, folder, log, observers, progress, train)
    except DragomanError:
        # The corrected call finds its folder empty.
        _undo(RunFolder(folder), created)
        raise


def resume_adaptation(
    output: Path | str,
    *,
    log: Log | None = None,
    observers: Sequence[Observer] = (),
    progress: bool | None = None,
) -> Adaptation:
    """Resume an adaptation that was stopped or killed; finished trials and updates are not repeated.

    Raises:
        InputError: if the folder holds no adaptation.
        DamagedFileError: if its files are damaged.
        UnsupportedError: if it was started in several processes.
    """
    _refuse_several_processes()
    folder = given_path(output, "the folder of an adaptation")
    plan = Plan.load(folder / ADAPTATION)
    return _go_on(plan, folder, log or logger(progress), observers, progress, None)


def _undo(files: RunFolder, created: bool) -> None:
    """Remove what was made before training began; nothing is removed once it has."""
    if files.recipe_file.is_file():
        return
    for place in (files.path / ADAPTATION, files.parent_folder, files.dataset_folder):
        shutil.rmtree(place, ignore_errors=True)
    if created:
        with contextlib.suppress(OSError):
            files.path.rmdir()


def _go_on(
    plan: Plan,
    folder: Path,
    log: Log,
    observers: Sequence[Observer],
    progress: bool | None,
    frame: DataFrame | None,
) -> Adaptation:
    files, place = RunFolder(folder), folder / ADAPTATION
    hardware = _hardware(plan.recipe)
    torch.set_num_threads(hardware.threads)
    if not files.recipe_file.is_file():
        with locked(folder):
            start = Start.of_run(files) or _kept(plan, files)
            mixture = _prepared(plan, start, files, log, frame)
            recipe = _chosen(plan, start, mixture, files, log)
            write_file(files.recipe_file, dump_recipe(recipe).encode())
    run = resume(folder, observers=observers, progress=progress)
    if run.interrupted:
        return Adaptation(run, None)
    report = _measured(plan, run, _mixture(place), hardware, log)
    write_file(folder / REPORT, (json.dumps(report.to_dict(), indent=2) + "\n").encode())
    with drawing():
        draw_adaptation(report, folder / PICTURE)
    card = run.best / "card.md"
    text = with_adaptation(card.read_text(encoding="utf-8"), report)
    replace_files(run.best, {card.name: text.encode()})
    return Adaptation(run, report)


def _kept(plan: Plan, files: RunFolder) -> Start:
    """The parent, from its copy in the run's folder."""
    Start.open(plan.parent).keep(files)
    kept = Start.of_run(files)
    assert kept is not None
    return kept


def _prepared(plan: Plan, start: Start, files: RunFolder, log: Log, frame: DataFrame | None) -> Mixture:
    """The dataset of the run, which is made of new and old examples first if it is missing."""
    place = files.path / ADAPTATION
    if not files.dataset_folder.is_dir() or not (place / MIXTURE).is_file():
        old = _old_dataset(plan, start, place, log)
        fields = start.fields(plan.recipe)
        if plan.old is not None and old is not None:
            fields = ParentFields(old.source, old.target)
        log("preparing the new examples")
        new = _dataset(plan.recipe, place / NEW, fields, log, frame)
        _refuse_few(new, plan.recipe)
        if files.dataset_folder.is_dir():
            remove_folder(files.dataset_folder)
        running = plan.recipe.training.batch.partition != "lines"
        mixture = mix(
            new,
            old,
            files.dataset_folder,
            replay=plan.balance.replay,
            running=running,
            seed=plan.recipe.training.seed,
        )
        task_of(plan.recipe).check_dataset(plan.recipe, files.dataset())
        write_file(place / MIXTURE, (json.dumps(mixture.to_dict(), indent=2) + "\n").encode())
        for name in (NEW, OLD):
            if (place / name).is_dir():
                remove_folder(place / name)
    mixture = _mixture(place)
    for line in mixture.describe():
        log(line)
    return mixture


def _dataset(recipe: Recipe, folder: Path, fields: ParentFields, log: Log, frame: DataFrame | None = None) -> Dataset:
    if folder.is_dir():
        return Dataset.open(folder)
    return prepare(recipe, folder, train=frame, log=log, parent=fields)


def _old_dataset(plan: Plan, start: Start, place: Path, log: Log) -> Dataset | None:
    """The old examples: those that were given, or those of the parent's run; None if there are none."""
    if plan.old is not None:
        log("preparing the old examples")
        return _dataset(plan.old, place / OLD, start.fields(plan.old), log)
    folder = run_around(plan.parent).dataset_folder
    return Dataset.open(folder) if folder.is_dir() else None


def _refuse_few(new: Dataset, recipe: Recipe) -> None:
    """Refuse too few new examples to tell what was learnt of them.

    Raises:
        InputError: saying how many would do.
    """
    given = recipe.data.validation or recipe.data.test
    total = len(new.train) + len(new.validation) + (0 if new.test is None else len(new.test))
    held_out = {"validation": new.validation, "test": new.validation if new.test is None else new.test}
    for name, examples in held_out.items():
        needed = _FEWEST * (2 if new.test is None else 1)
        if len(examples) >= needed:
            continue
        wanted = f"{needed:,} or more of them" if given else f"{needed * _SHARE:,} new examples or more"
        raise InputError(
            f"{total:,} new examples are too few: {len(examples):,} of them are for the {name}, where at least "
            f"{needed:,} are needed to tell what was gained",
            cause=None if given else f"a tenth of the examples that cleaning leaves is held out for the {name}.",
            remedy=f"give {wanted}, or {name} examples as files of their own.",
        )


def _chosen(plan: Plan, start: Start, mixture: Mixture, files: RunFolder, log: Log) -> Recipe:
    """The recipe of the run, with the learning rate and the length that trials choose."""
    dataset = files.dataset()
    recipe = mixed_recipe(plan.recipe, plan.old or start.loaded.recipe, mixture)
    peak = plan.recipe.training.optimizer.learning_rate
    rates = [peak] if plan.sets_learning_rate else [peak * factor for factor in FACTORS]
    trials = Trials(files.path / ADAPTATION / TRIALS)
    recipe = choose(
        recipe,
        dataset,
        start,
        trials,
        minutes=plan.minutes,
        updates=plan.updates,
        rates=rates,
        same_batches=plan.sets_batch,
        log=log,
    )
    return changed(recipe, plan.changes)


def _measured(plan: Plan, run: Run, mixture: Mixture, hardware: Hardware, log: Log) -> AdaptationReport:
    """Before and after on both sides."""
    files, recipe = run.files, run.recipe()
    dataset, start = files.dataset(), Start.of_run(files)
    assert start is not None
    adapted = load_model(run.best, hardware.device)
    parent, remarks = _parent(start, recipe, dataset, hardware)
    new, old = measure_sides(parent, adapted, dataset, mixture, log)
    history = run.history()
    validations = history[history["event"] == "validation"]
    best = validations[validations["best"].fillna(False)].iloc[-1]
    return AdaptationReport(
        parent=start.parent.name,
        model=run.folder.name,
        balance=plan.balance,
        trained_on=(mixture.new["train"], mixture.old["train"]),
        weight=mixture.weight,
        trials=tuple(Trials(files.path / ADAPTATION / TRIALS).done),
        learning_rate=recipe.training.optimizer.learning_rate,
        updates=int(history["update"].iloc[-1]),
        minutes=float(history["seconds"].max()) / 60,
        best_update=int(best["update"]),
        higher_is_better=task_of(recipe).higher_is_better,
        new=new,
        old=old,
        remarks=(*remarks, *mixture.remarks()),
    )


def _parent(start: Start, recipe: Recipe, dataset: Dataset, hardware: Hardware) -> tuple[LoadedModel, tuple[str, ...]]:
    """The parent as it is measured: as it was or, if there are labels or values that it does not know, with untrained
    rows for them, as training began."""
    loaded = start.loaded
    if knows_all(loaded.source, dataset.source) and knows_all(loaded.target, dataset.target):
        return replace(loaded, model=loaded.model.to(hardware.device)), ()
    model = build(recipe.model, dataset.source.size, dataset.target.size, recipe.training.seed)
    start.put_into(model, recipe, dataset)
    extended = replace(loaded, model=model.to(hardware.device).eval(), source=dataset.source, target=dataset.target)
    return extended, ("Before: the parent with untrained weights for the labels and values that it does not know.",)


def _mixture(place: Path) -> Mixture:
    path = place / MIXTURE
    try:
        values: dict[str, Any] = json.loads(path.read_bytes())
        return Mixture.from_dict(values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFileError(
            f"the counts of the dataset cannot be read: {error}", file=path, remedy="begin anew in another folder."
        ) from error


def _hardware(recipe: Recipe) -> Hardware:
    training = recipe.training
    return choose_hardware(training.device, training.precision, training.threads)


def _refuse_several_processes() -> None:
    if not is_alone():
        raise UnsupportedError(
            "an adaptation cannot be started in several processes",
            remedy="start it without `torchrun`; once it trains, stop it and go on by "
            "`torchrun … -m dragoman train --resume RUN`, then `dragoman adapt --resume RUN`.",
        )
