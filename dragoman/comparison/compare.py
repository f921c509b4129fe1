"""Comparing recipes or finished runs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from dragoman.assessment.assess import assess, one_task
from dragoman.comparison.budget import Budget
from dragoman.comparison.machine import describe_machine
from dragoman.comparison.pictures import draw_curves, draw_quality_over_time
from dragoman.comparison.report import ComparisonReport, Point, Row, page
from dragoman.comparison.subject import Subject, Trained, check_subjects, prepare, run_of, train
from dragoman.errors import InputError
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.evaluation.significance import paired_bootstrap
from dragoman.model.build import build
from dragoman.model.folder import load_model
from dragoman.model.weights import parameter_count
from dragoman.progress.watched import logger
from dragoman.recipe import Recipe
from dragoman.reports.figure import drawing
from dragoman.storage.given import given_path
from dragoman.storage.output import check_folder, write_output
from dragoman.tasks.assessment import Assessed, Assessment, HeldOut, Search, held_out_of
from dragoman.tasks.task import Task
from dragoman.training.observer import Observer
from dragoman.training.progress import watched

REPORT, PAGE, CURVES, QUALITY_TIME, RUNS, OUTPUTS = (
    "report.json",
    "report.html",
    "curves.png",
    "quality_time.png",
    "runs",
    "outputs",
)
_SHARE_TO_REACH = 0.9


def compare(
    subjects: Mapping[str, Recipe | Path | str],
    output: Path | str,
    *,
    budget: Budget | None = None,
    reach: float | None = None,
    beam: int | None = None,
    threads: int | None = None,
    log: Callable[[str], None] | None = None,
    observers: Sequence[Observer] = (),
    progress: bool | None = None,
) -> ComparisonReport:
    """Train the recipes among the subjects under one budget, measure all on one test set, and write the report.

    A comparison that was stopped goes on where it was when it is called again.

    Args:
        subjects: two or more subjects by name: a recipe, a TOML file, a preset's name, or the folder of a finished run.
        output: folder of the report, of the recipes' runs and of the models' outputs.
        budget: training budget of the recipes; None if there are only runs.
        reach: score whose training time is reported; by default nine tenths of the way to the best subject's best
            validation.
        beam: beam width of translators and readers, instead of their recipes'.
        threads: processor threads for measuring; by default those of the first subject's recipe.
        log: called with a sentence on each step; by default it is shown where progress is.
        observers: observers of training.
        progress: whether to show the progress of training; by default on a terminal or in a notebook.

    Raises:
        InputError: if the subjects cannot be compared: of different kinds, or with different test sets.
        OutputError: if the folder cannot be written, or holds runs of other recipes.

    >>> report = compare({"one": "runs/demo", "other": "runs/demo"}, "comparison", progress=False)
    >>> [row.name for row in report.rows], report.score
    (['one', 'other'], 'greedy BLEU on the validation set')
    """
    named = [Subject.of(name, source) for name, source in subjects.items()]
    check_subjects(named, budget)
    output = given_path(output, "the folder of a comparison")
    check_folder(output)
    ready = [run_of(subject, output / RUNS, budget) for subject in named]
    task = one_task([(run.name, run.recipe) for run in ready])
    log = log or logger(progress)
    to_train = [run for run, subject in zip(ready, named, strict=True) if isinstance(subject.source, Recipe)]
    with watched(observers, progress) as watching:
        for run in to_train:
            prepare(run, log, watching)
        # Test sets that differ are found before hours of training.
        held_out = _test_sets(ready, task)
        for run in to_train:
            train(run, log, watching)
    if threads or ready[0].recipe.training.threads:
        torch.set_num_threads(threads or ready[0].recipe.training.threads)
    measured = [Assessed(load_model(run.best), split) for run, split in zip(ready, held_out, strict=True)]
    found = assess(measured, search=Search(beam=beam), side_by_side=True, log=log)
    for run, assessment in zip(ready, found, strict=True):
        lines = "".join(" ".join(text.splitlines()) + "\n" for text in assessment.outputs)
        write_output(output / OUTPUTS / f"{run.name}.txt", lines.encode())
    report = _report(task, ready, held_out, found, reach)
    with drawing():
        draw_curves(report, output / CURVES)
        draw_quality_over_time(report, output / QUALITY_TIME)
    write_output(output / REPORT, (json.dumps(report.to_dict(), indent=2) + "\n").encode())
    write_output(output / PAGE, page(report, [output / CURVES, output / QUALITY_TIME]).encode())
    return report


def _test_sets(subjects: Sequence[Trained], task: Task) -> list[HeldOut]:
    """The examples to measure each subject on: the test sets if all have one, otherwise the validation sets; they must
    be the same."""
    datasets = [subject.run.dataset() for subject in subjects]
    all_tested = all(dataset.test is not None for dataset in datasets)
    found = [held_out_of(dataset, test=all_tested) for dataset in datasets]
    for subject, held_out in zip(subjects[1:], found[1:], strict=True):
        if not task.same_examples(found[0], held_out):
            raise InputError(
                f"{subjects[0].name} and {subject.name} have different test sets",
                file=subject.folder,
                cause="other corpora, test sets that were held out by another seed, or lines in other fonts.",
                remedy="train all with the same test files, such as --test-source and --test-target.",
            )
    return found


def _report(
    task: Task,
    subjects: Sequence[Trained],
    held_out: Sequence[HeldOut],
    found: Sequence[Assessment],
    reach: float | None,
) -> ComparisonReport:
    sign = -1 if task.higher_is_better else 1
    order = sorted(range(len(subjects)), key=lambda place: sign * found[place].measures.quality.value)
    curves = [_curve(subject, task) for subject in subjects]
    reach = reach if reach is not None else _default_reach(task, curves)
    best = found[order[0]].statistics
    rows = [
        _row(
            subjects[place],
            held_out[place],
            found[place],
            curves[place],
            _minutes_to(task, curves[place], reach),
            None if place == order[0] else best,
        )
        for place in order
    ]
    tested = held_out[0].split == "test set"
    return ComparisonReport(
        rows=tuple(rows),
        split=held_out[0].split if tested else f"{held_out[0].split}, as not all have a test set",
        examples=len(held_out[0].examples),
        score=task.words.watched,
        higher_is_better=task.higher_is_better,
        reach=reach,
        unit=task.words.unit,
        loss=task.words.loss,
        speed_unit=task.words.speed,
        remarks=task.words.remarks,
        threads=torch.get_num_threads(),
        machine=describe_machine(),
    )


def _row(
    subject: Trained,
    held_out: HeldOut,
    found: Assessment,
    curve: tuple[Point, ...],
    minutes_to_reach: float | None,
    best: SentenceStatistics | None,
) -> Row:
    history = subject.run.history()
    updates = history[history["event"] == "update"]
    rates = updates["target_tokens"] / updates["seconds"].diff().fillna(updates["seconds"])
    model = build(subject.recipe.model, held_out.source.size, held_out.target.size, 0)
    return Row(
        name=subject.name,
        architecture=subject.recipe.model.phrase,
        parameters=parameter_count(model),
        measures=found.measures,
        validation_loss=min((point.loss for point in curve if math.isfinite(point.loss)), default=math.inf),
        tokens=int(updates["target_tokens"].sum()),
        tokens_per_second=float(rates.median()),
        minutes=float(updates["seconds"].max()) / 60,
        minutes_to_reach=minutes_to_reach,
        against_best=None if best is None else paired_bootstrap(best, found.statistics),
        curve=curve,
    )


def _curve(subject: Trained, task: Task) -> tuple[Point, ...]:
    history = subject.run.history()
    history = history.assign(seen=history["target_tokens"].fillna(0).cumsum())
    looks = history[history["event"] == "validation"]
    return tuple(
        Point(int(row["update"]), int(row["seen"]), row["seconds"] / 60, row["loss"], _score(row[task.watched_score]))
        for _, row in looks.iterrows()
    )


def _score(value: float) -> float | None:
    return None if value != value else float(value)


def _default_reach(task: Task, curves: Sequence[tuple[Point, ...]]) -> float:
    scores = [point.score for curve in curves for point in curve if point.score is not None]
    if not scores:
        return 0.0
    if task.higher_is_better:
        return float(int(_SHARE_TO_REACH * max(scores)))
    return float(f"{min(scores) / _SHARE_TO_REACH:.3g}")


def _minutes_to(task: Task, curve: tuple[Point, ...], reach: float) -> float | None:
    there = [
        point.minutes
        for point in curve
        if point.score is not None and (point.score >= reach if task.higher_is_better else point.score <= reach)
    ]
    return min(there, default=None)
