"""Sequence-level knowledge distillation (Kim & Rush 2016): a student learns from the outputs of its teacher.

The teacher translates the sources of the training set, and the student is trained on these translations instead of the
references, which are harder to learn because people translate the same text in many ways. The references of the
validation and test sets are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.distillation.corpora import write_corpora
from dragoman.distillation.plan import PLAN, Plan
from dragoman.distillation.report import DistillationReport, compare_sides
from dragoman.distillation.teacher import Teacher
from dragoman.distillation.translations import KeptTranslations, translate
from dragoman.errors import InputError, OutputError, UnsupportedError
from dragoman.progress.watched import logger
from dragoman.recipe import Recipe, merge, recipe_from
from dragoman.recipe.kinds import TRANSLATOR, kind_of, title_of
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.folder import write_file
from dragoman.storage.given import given_path
from dragoman.storage.lock import locked
from dragoman.storage.output import check_folder
from dragoman.training.distributed import is_alone
from dragoman.training.observer import Observer
from dragoman.training.precision import choose_hardware
from dragoman.training.run import Run, resume, train
from dragoman.training.run_folder import RunFolder

DISTILLED, DATASET, TRANSLATIONS, CORPORA = "distilled", "dataset", "translations.jsonl", "corpora"
REPORT = "distillation.json"

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True, repr=False)
class Distillation(Shown):
    """A finished or interrupted distillation.

    Attributes:
        run: run of the student.
        report: comparison of teacher and student; None if the run was interrupted.
    """

    run: Run
    report: DistillationReport | None

    def summary(self) -> Summary:
        """A short summary of the distillation."""
        if self.report is None:
            return self.run.summary()
        found = self.report.summary()
        return Summary(found.headline, {**found.facts, "model": str(self.run.best)})


def distill(
    teacher: Path | str,
    student: Recipe,
    output: Path | str,
    *,
    beam: int = 5,
    best_of: int = 1,
    keep_original: bool = False,
    own_vocabulary: bool = False,
    limit: int | None = None,
    log: Log | None = None,
    observers: Sequence[Observer] = (),
    progress: bool | None = None,
) -> Distillation:
    """Translate a training set with the teacher, train a student on it, and measure both.

    Args:
        teacher: folder of a translator, or of its run.
        student: recipe of the student. The teacher translates the recipe's corpora; without any, it translates the
            training set of its own run, whose validation and test sets are kept. Cleaning is the teacher's unless the
            recipe sets it.
        output: folder of the student's run, with the teacher's translations in ``distilled/``; must not exist or be
            empty.
        beam: beam width of the teacher's search.
        best_of: number of candidates, of which the one closest to the reference is learnt from (sequence-level
            interpolation).
        keep_original: whether to train on the references too.
        own_vocabulary: whether to learn the student's vocabulary by its recipe, instead of using the teacher's.
        limit: number of sentences to translate and learn from, evenly spread over the training set; None for all.
        log: called with a sentence on each step; by default it is shown where progress is.
        observers: observers of training.
        progress: whether to show the progress; by default on a terminal or in a notebook.

    Raises:
        InputError: if the teacher is no translator, or is one between other languages, or there is nothing to
            translate; or if the student's recipe has weights of examples.
        OutputError: if the output folder is not empty, or cannot be written.
        UnsupportedError: if training was started in several processes.
    """
    _refuse_several_processes()
    _refuse_weights(student)
    folder = given_path(output, "the folder of a distillation")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            "the output folder exists already and is not empty",
            file=folder,
            remedy="choose another --output, or go on with its distillation by `dragoman distill --resume`.",
        )
    check_folder(folder)
    _use_threads(student)
    opened = Teacher.open(given_path(teacher, "the teacher"))
    log = log or logger(progress)
    recipe = _student(student, opened, own_vocabulary, log)
    if not recipe.data.train:
        opened.dataset()
    plan = Plan(opened.model, recipe, beam, best_of, keep_original, limit)
    plan.save(folder / DISTILLED)
    return _go_on(plan, opened, folder, log, observers, progress)


def resume_distillation(
    output: Path | str,
    *,
    log: Log | None = None,
    observers: Sequence[Observer] = (),
    progress: bool | None = None,
) -> Distillation:
    """Resume a distillation that was stopped or killed; finished translations and updates are not repeated.

    Raises:
        InputError: if the folder holds no distillation.
        DamagedFileError: if its files are damaged.
        UnsupportedError: if training was started in several processes.
    """
    _refuse_several_processes()
    folder = given_path(output, "the folder of a distillation")
    plan = Plan.load(folder / DISTILLED)
    _use_threads(plan.student)
    return _go_on(plan, Teacher.open(plan.teacher), folder, log or logger(progress), observers, progress)


def _go_on(
    plan: Plan, teacher: Teacher, folder: Path, log: Log, observers: Sequence[Observer], progress: bool | None
) -> Distillation:
    there = RunFolder(folder)
    if there.recipe_file.exists() or there.dataset_folder.exists():
        run = resume(folder, observers=observers, progress=progress)
    else:
        recipe = _distilled(plan, teacher, folder, log)
        run = train(recipe, folder, observers=observers, beside=(DISTILLED,), progress=progress)
    if run.interrupted:
        return Distillation(run, None)
    report = compare_sides(teacher, run.best, run.files.dataset(), plan.phrase, log)
    write_file(folder / REPORT, (json.dumps(report.to_dict(), indent=2) + "\n").encode())
    return Distillation(run, report)


def _distilled(plan: Plan, teacher: Teacher, folder: Path, log: Log) -> Recipe:
    """The student's recipe with the corpora of the teacher's translations, which are written first if they are
    missing."""
    place = folder / DISTILLED
    with locked(folder):
        dataset = _dataset(plan, teacher, place, log)
        if plan.limit is not None and plan.limit < len(dataset.train):
            dataset = replace(dataset, train=dataset.train.spread(plan.limit))
        kept = KeptTranslations(place / TRANSLATIONS)
        log(f"{teacher.name} translates {len(dataset.train):,} sentences ({plan.phrase})")
        translate(teacher.translator, dataset.train, kept, plan, log)
        origin = f"the translator {teacher.name} ({plan.phrase})"
        sections = write_corpora(
            dataset, kept, place.absolute() / CORPORA, origin=origin, keep_original=plan.keep_original
        )
    values: dict[str, Any] = plan.student.model_dump(mode="json", exclude_none=True)
    return recipe_from(merge(values, {"data": {"test": [], **sections}}), file=place / PLAN)


def _dataset(plan: Plan, teacher: Teacher, place: Path, log: Log) -> Dataset:
    """The dataset to translate: the given corpora, prepared, or the dataset of the teacher's run."""
    if not plan.student.data.train:
        return teacher.dataset()
    folder = place / DATASET
    return Dataset.open(folder) if folder.is_dir() else prepare(plan.student, folder, log=log)


def _student(student: Recipe, teacher: Teacher, own_vocabulary: bool, log: Log) -> Recipe:
    """The student's recipe with everything that it takes over from the teacher."""
    _refuse_other_task(student, teacher)
    data = teacher.recipe.data
    changes: dict[str, Any] = {
        "data": {"source_language": data.source_language, "target_language": data.target_language}
    }
    if "cleaning" not in student.model_fields_set:
        changes["cleaning"] = teacher.recipe.cleaning.model_dump(mode="json")
    if not own_vocabulary and teacher.one_vocabulary:
        changes["tokenizer"] = {"model": str(teacher.model)}
    elif not own_vocabulary:
        log(
            f"{teacher.name} has a vocabulary for each language, or another way with capitals in each, "
            "so the student learns its own"
        )
    return recipe_from(merge(student.model_dump(mode="json", exclude_none=True), changes))


def _refuse_weights(student: Recipe) -> None:
    if student.data.weights is not None:
        raise InputError(
            "data.weights gives training examples weights, and a student learns from other examples: what the teacher "
            "writes",
            file=student.data.weights,
            remedy="leave data.weights out; or train the teacher with it.",
        )


def _refuse_other_task(student: Recipe, teacher: Teacher) -> None:
    if kind_of(student.model) is not TRANSLATOR:
        raise InputError(
            f"the student's recipe is for {title_of(student.model)}, which cannot learn from a translator",
            remedy="give a translator's recipe, such as the preset `fast`.",
        )
    for side in ("source_language", "target_language"):
        wanted, taught = getattr(student.data, side), getattr(teacher.recipe.data, side)
        if side in student.data.model_fields_set and wanted != taught:
            raise InputError(
                f"the student's data.{side} is {wanted}, and the teacher's is {taught}",
                file=teacher.model,
                remedy="give a teacher of these languages, or leave the languages out of the student's recipe.",
            )


def _use_threads(student: Recipe) -> None:
    """Use the student's number of threads for the teacher as well; engines read it when they are made."""
    training = student.training
    torch.set_num_threads(choose_hardware(training.device, training.precision, training.threads).threads)


def _refuse_several_processes() -> None:
    if not is_alone():
        raise UnsupportedError(
            "a distillation cannot be started in several processes",
            remedy="start it without `torchrun`; once it trains, stop it and go on by "
            "`torchrun … -m dragoman train --resume RUN`.",
        )
