"""Recipes or finished runs side by side."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from dragoman.comparison.budget import Budget
from dragoman.comparison.html_page import page
from dragoman.comparison.kind import Examined, HeldOut, Kind
from dragoman.comparison.labels import Labels
from dragoman.comparison.language_models import LanguageModels
from dragoman.comparison.machine import describe_machine
from dragoman.comparison.numbers import Numbers
from dragoman.comparison.pictures import draw_curves, draw_quality_over_time
from dragoman.comparison.readers import Readers
from dragoman.comparison.report import Point, Report, Row
from dragoman.comparison.subject import Subject, Trained, check_subjects, prepare, run_of, train
from dragoman.comparison.translators import Translators
from dragoman.errors import InputError
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.evaluation.significance import paired_bootstrap
from dragoman.model.build import build
from dragoman.model.describe import parameter_count
from dragoman.progress.watched import teller
from dragoman.recipe import Recipe
from dragoman.storage.given_path import given_path
from dragoman.storage.output import check_folder, write_output
from dragoman.training.history import read_history
from dragoman.training.observer import Observer
from dragoman.training.progress import watched
from dragoman.training.task import task_of

REPORT, PAGE, CURVES, QUALITY_TIME, RUNS, OUTPUTS = (
    "report.json",
    "report.html",
    "curves.png",
    "quality_time.png",
    "runs",
    "outputs",
)
_SHARE_TO_REACH = 0.9

KINDS: dict[tuple[str, str], Kind] = {
    ("nothing", "text"): LanguageModels(),
    ("text", "text"): Translators(),
    ("picture", "text"): Readers(),
    ("text", "label"): Labels("texts"),
    ("picture", "label"): Labels("pictures"),
    ("row", "label"): Labels("rows of a table"),
    ("text", "number"): Numbers("texts"),
    ("picture", "number"): Numbers("pictures"),
    ("row", "number"): Numbers("rows of a table"),
}
"""By what goes in and what comes out."""


def compare(
    subjects: Sequence[Subject],
    output: Path | str,
    *,
    budget: Budget | None = None,
    reach: float | None = None,
    beam: int | None = None,
    threads: int | None = None,
    tell: Callable[[str], None] | None = None,
    observers: Sequence[Observer] = (),
    progress: bool | None = None,
) -> Report:
    """Train the recipes among the subjects under one budget, measure all on one test set, and write the report.

    A comparison that was stopped goes on where it was when it is called again.

    Args:
        subjects: two or more recipes or finished runs.
        output: the folder of the report, of the recipes' runs and of what the models write.
        budget: of the recipes; None if there are only runs.
        reach: the score that the time to is told; by default nine tenths of the way of the best subject's best
            validation.
        beam: for translators and readers instead of their recipes'.
        threads: processor threads for measuring; by default those of the first subject's recipe.
        tell: is given a sentence on each thing done; by default these are shown where progress is.
        observers: of training.
        progress: whether to show how far training is; by default where a person watches.

    Raises:
        InputError: if the subjects cannot be compared: of different kinds, or with different test sets.
        OutputError: if the folder cannot be written, or holds runs of other recipes.
    """
    check_subjects(subjects, budget)
    output = given_path(output, "the folder of a comparison")
    check_folder(output)
    ready = [run_of(subject, output / RUNS, budget) for subject in subjects]
    kind = _kind(ready)
    tell = tell or teller(progress)
    to_train = [run for run, subject in zip(ready, subjects, strict=True) if isinstance(subject.source, Recipe)]
    with watched(observers, progress) as watching:
        for run in to_train:
            prepare(run, tell, watching)
        # Test sets that differ are found before hours of training.
        split, held_out = _test_sets(ready, kind)
        for run in to_train:
            train(run, tell, watching)
    if threads or ready[0].recipe.training.threads:
        torch.set_num_threads(threads or ready[0].recipe.training.threads)
    examined = kind.examine(ready, held_out, output / OUTPUTS, beam, tell)
    report = _report(kind, ready, held_out, examined, split, reach)
    draw_curves(report, output / CURVES)
    draw_quality_over_time(report, output / QUALITY_TIME)
    write_output(output / REPORT, (json.dumps(report.to_dict(), indent=2) + "\n").encode())
    write_output(output / PAGE, page(report, [output / CURVES, output / QUALITY_TIME]).encode())
    return report


def _kind(subjects: Sequence[Trained]) -> Kind:
    kinds = [KINDS[subject.recipe.model.reads, subject.recipe.model.says] for subject in subjects]
    for subject, kind in zip(subjects, kinds, strict=True):
        if kind is not kinds[0]:
            raise InputError(
                f"{subjects[0].name} is {kinds[0].title} and {subject.name} {kind.title}",
                remedy="compare models of one kind: what goes in and what comes out must be of the same sort.",
            )
    return kinds[0]


def _test_sets(subjects: Sequence[Trained], kind: Kind) -> tuple[str, list[HeldOut]]:
    """What each is measured on: the test sets if all have one, else the validation sets; they must be the same."""
    datasets: list[Any] = [task_of(subject.recipe).open(subject.folder / "dataset") for subject in subjects]
    all_tested = all(dataset.test is not None for dataset in datasets)
    split = "test set" if all_tested else "validation set, as not all have a test set"
    found = [
        HeldOut(
            subject.folder / "dataset",
            dataset.test if all_tested else dataset.validation,
            dataset.source,
            dataset.target,
        )
        for subject, dataset in zip(subjects, datasets, strict=True)
    ]
    for subject, held_out in zip(subjects[1:], found[1:], strict=True):
        if not kind.same_examples(found[0], held_out):
            raise InputError(
                f"{subjects[0].name} and {subject.name} have different test sets",
                file=subject.folder,
                cause="other corpora, test sets that were held out by another seed, or lines in other fonts.",
                remedy="train all with the same test files, such as --test-source and --test-target.",
            )
    return split, found


def _report(
    kind: Kind,
    subjects: Sequence[Trained],
    held_out: Sequence[HeldOut],
    examined: Sequence[Examined],
    split: str,
    reach: float | None,
) -> Report:
    sign = -1 if kind.higher_is_better else 1
    order = sorted(range(len(subjects)), key=lambda place: sign * examined[place].examination.quality.value)
    curves = [_curve(subject, kind) for subject in subjects]
    reach = reach if reach is not None else _default_reach(kind, curves)
    best = examined[order[0]].statistics
    rows = [
        _row(
            subjects[place],
            held_out[place],
            examined[place],
            curves[place],
            _minutes_to(kind, curves[place], reach),
            None if place == order[0] else best,
        )
        for place in order
    ]
    return Report(
        rows=tuple(rows),
        split=split,
        examples=len(held_out[0].examples),
        score=kind.score,
        higher_is_better=kind.higher_is_better,
        reach=reach,
        unit=kind.unit,
        loss=kind.loss,
        speed_unit=kind.speed_unit,
        remarks=kind.remarks,
        threads=torch.get_num_threads(),
        machine=describe_machine(),
    )


def _row(
    subject: Trained,
    held_out: HeldOut,
    examined: Examined,
    curve: tuple[Point, ...],
    minutes_to_reach: float | None,
    best: SentenceStatistics | None,
) -> Row:
    history = read_history(subject.folder)
    updates = history[history["event"] == "update"]
    rates = updates["target_tokens"] / updates["seconds"].diff().fillna(updates["seconds"])
    model = build(subject.recipe.model, held_out.source.size, held_out.target.size, 0)
    return Row(
        name=subject.name,
        architecture=subject.recipe.model.phrase,
        parameters=parameter_count(model),
        examination=examined.examination,
        validation_loss=min((point.loss for point in curve if math.isfinite(point.loss)), default=math.inf),
        tokens=int(updates["target_tokens"].sum()),
        tokens_per_second=float(rates.median()),
        minutes=float(updates["seconds"].max()) / 60,
        minutes_to_reach=minutes_to_reach,
        against_best=None if best is None else paired_bootstrap(best, examined.statistics),
        curve=curve,
    )


def _curve(subject: Trained, kind: Kind) -> tuple[Point, ...]:
    history = read_history(subject.folder)
    history = history.assign(seen=history["target_tokens"].fillna(0).cumsum())
    looks = history[history["event"] == "validation"]
    return tuple(
        Point(int(row["update"]), int(row["seen"]), row["seconds"] / 60, row["loss"], _score(row[kind.column]))
        for _, row in looks.iterrows()
    )


def _score(value: float) -> float | None:
    return None if value != value else float(value)


def _default_reach(kind: Kind, curves: Sequence[tuple[Point, ...]]) -> float:
    scores = [point.score for curve in curves for point in curve if point.score is not None]
    if not scores:
        return 0.0
    if kind.higher_is_better:
        return float(int(_SHARE_TO_REACH * max(scores)))
    return float(f"{min(scores) / _SHARE_TO_REACH:.3g}")


def _minutes_to(kind: Kind, curve: tuple[Point, ...], reach: float) -> float | None:
    there = [
        point.minutes
        for point in curve
        if point.score is not None and (point.score >= reach if kind.higher_is_better else point.score <= reach)
    ]
    return min(there, default=None)
