"""The diagnosis of fit: whether a run has learnt what it could."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from dragoman.data.dataset import Dataset
from dragoman.diagnosis.fit.actions import HIGHER_RATE, MUCH_HIGHER_RATE
from dragoman.diagnosis.fit.advice import advise
from dragoman.diagnosis.fit.criteria import Thresholds
from dragoman.diagnosis.fit.evidence import FitEvidence, read_evidence
from dragoman.diagnosis.fit.experiment import Probes, Runner
from dragoman.diagnosis.fit.hindsight import hindsight
from dragoman.diagnosis.fit.learning_curve import LearningCurve, fit_learning_curve
from dragoman.diagnosis.fit.probe import probe
from dragoman.diagnosis.fit.report import FitReport
from dragoman.diagnosis.fit.verdict import judge
from dragoman.diagnosis.learning_rate import findings_of, rate_is_too_high, rate_may_be_too_high, rate_sentence
from dragoman.model.folder import load_model
from dragoman.progress.watched import logger
from dragoman.recipe import Recipe
from dragoman.tasks.losses import LossEstimate
from dragoman.tasks.table import task_of
from dragoman.training.run_folder import RunFolder
from dragoman.training.start import Start
from dragoman.training.trial import run_trial

_SAME = 0.02
"""Largest difference between losses of one model that numerical precision explains."""


def diagnose_fit(
    folder: Path | str,
    probe_minutes: float | None = None,
    runner: Runner | None = None,
    thresholds: Thresholds | None = None,
    *,
    log: Callable[[str], None] | None = None,
) -> FitReport:
    """Find out whether a run underfits, overfits, has not converged or is well fitted, and what to do.

    Args:
        folder: the run's folder; the run may still be going on.
        probe_minutes: time limit for experiments where the run's own losses leave a doubt; None for no experiments.
        runner: function that trains a recipe for these experiments; None for
            :func:`~dragoman.training.trial.run_trial`, from the model that the run started from if there is one.
        thresholds: limits that the verdict rests on; the defaults if None.
        log: called with a sentence before each experiment; by default it is shown on the terminal.

    Raises:
        InputError: if the folder holds no run, or one without any validation yet.
        DamagedFileError: if the run's recipe or dataset was altered.

    >>> report = diagnose_fit("runs/demo")
    >>> report.verdict.kind.value
    'undecided'
    """
    log = log or logger()
    folder = Path(folder)
    run = RunFolder(folder)
    recipe, dataset = run.opened()
    runner = runner or partial(run_trial, start=Start.of_run(run))
    evidence = read_evidence(folder, recipe, dataset)
    best = None if probe_minutes is None else best_estimate(folder, recipe, dataset, evidence)
    name = folder.resolve().name
    report = examine(
        name, recipe, dataset, evidence, probe_minutes, runner, thresholds or Thresholds(), best=best, log=log
    )
    findings = findings_of(folder)
    said = rate_sentence(recipe, findings, judge(evidence).kind)
    kept = report.advice
    if rate_is_too_high(findings) or rate_may_be_too_high(findings):
        kept = tuple(advice for advice in kept if advice.action not in (HIGHER_RATE, MUCH_HIGHER_RATE))
    return replace(report, advice=kept, rate=said)


def examine(
    name: str,
    recipe: Recipe,
    dataset: Dataset,
    evidence: FitEvidence,
    probe_minutes: float | None,
    runner: Runner,
    thresholds: Thresholds,
    *,
    best: LossEstimate | None = None,
    log: Callable[[str], None] = lambda message: None,
) -> FitReport:
    """Diagnose a run whose evidence is in memory already; see :func:`diagnose_fit`.

    Args:
        name: the run's name.
        recipe: the run's recipe.
        dataset: the run's dataset.
        evidence: validations and facts of the run.
        probe_minutes: time limit for experiments; None for no experiments.
        runner: function that trains a recipe for these experiments.
        thresholds: limits that the verdict rests on.
        best: the run's lowest validation loss with the losses of its examples; None if they are unknown.
        log: called with a sentence before each experiment.
    """
    verdict, probes = judge(evidence, thresholds=thresholds), Probes()
    if probe_minutes is not None:
        probes = probe(recipe, dataset, evidence, verdict, probe_minutes, runner, baseline=best, log=log)
    curve = data_curve(probes)
    decisive = curve if probes.length >= thresholds.shortest_probe else None
    if probe_minutes is not None:
        verdict = judge(evidence, probes.results, thresholds, curve=decisive)
    return FitReport(
        name=name,
        evidence=evidence,
        verdict=verdict,
        probes=probes,
        curve=curve,
        advice=advise(recipe, verdict, probes, decisive, thresholds),
        hindsight=hindsight(evidence, verdict, probes.results, thresholds),
        thresholds=thresholds,
    )


def best_estimate(folder: Path, recipe: Recipe, dataset: Dataset, evidence: FitEvidence) -> LossEstimate | None:
    """The validation loss of the run's best model with the losses of its examples; None if there is no such model, or
    it was chosen by another score.
    """
    best = RunFolder(folder).best
    if not best.is_dir() or not evidence.finite:
        return None
    model = load_model(best).model
    found = task_of(recipe).losses(model, recipe, dataset).validation()
    lowest = evidence.best.validation
    return found if math.isclose(found.value, lowest, rel_tol=_SAME, abs_tol=_SAME) else None


def data_curve(probes: Probes) -> LearningCurve | None:
    """The learning curve fitted to the data sizes that were tried; None if they are too few."""
    points = [point for point in probes.points if math.isfinite(point.loss)]
    return fit_learning_curve(points) if len({point.examples for point in points}) > 1 else None
