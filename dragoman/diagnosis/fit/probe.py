"""Small experiments that decide where the run's own losses leave a doubt."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dragoman.data.dataset import Dataset
from dragoman.diagnosis.fit.actions import (
    ACTIONS,
    HIGHER_RATE,
    LESS_DROPOUT,
    MORE_DATA,
    MORE_DECAY,
    MORE_DROPOUT,
    MORE_STEPS,
    MUCH_HIGHER_RATE,
    NARROWER,
    WIDER,
    settings,
)
from dragoman.diagnosis.fit.criteria import FitKind
from dragoman.diagnosis.fit.evidence import FitEvidence, StopReason, Validation, best_of, validations_of_records
from dragoman.diagnosis.fit.experiment import ProbeResult, Probes, Runner
from dragoman.diagnosis.fit.learning_curve import DataPoint
from dragoman.diagnosis.fit.numbers import difference_error
from dragoman.diagnosis.fit.verdict import Verdict
from dragoman.errors import DragomanError
from dragoman.recipe import Recipe
from dragoman.recipe.shortened import shortened_recipe
from dragoman.tasks.losses import LossEstimate
from dragoman.training.trial import Trial

FRACTIONS = (0.25, 0.5)
"""Shares of the training set whose losses show what more data would bring."""
_FIRST = 2
"""Number of experiments for which all experiments are shortened if time is short."""
_OVERHEAD = 1.2
"""Ratio of an experiment's time to that of its updates; the rest builds the model and measures losses."""
_FEWEST_UPDATES = 10
_LITTLE_LEARNT = 0.5
"""A validation loss above this share of E_0 makes the learning rate suspect."""
_MUCH_DROPOUT = 0.4
"""Dropout rate from which dropout is the first suspect."""


def suspects(verdict: Verdict, dropout: float) -> tuple[str, ...]:
    """The names of the remedies to try, those that answer the doubt first.

    Args:
        verdict: verdict on the run alone.
        dropout: largest dropout rate in the model.
    """
    numbers = verdict.numbers
    little = numbers is None or numbers.validation > _LITTLE_LEARNT * numbers.baseline
    rate, other_rate = (MUCH_HIGHER_RATE, HIGHER_RATE) if little else (HIGHER_RATE, MUCH_HIGHER_RATE)
    underfitting: tuple[str, ...] = (LESS_DROPOUT, WIDER, rate, MORE_STEPS)
    if little and dropout < _MUCH_DROPOUT:
        underfitting = (MUCH_HIGHER_RATE, WIDER, LESS_DROPOUT, HIGHER_RATE, MORE_STEPS)
    return {
        FitKind.OVERFITTING: (MORE_DROPOUT, MORE_DECAY, MORE_DATA, NARROWER),
        FitKind.NOT_CONVERGED: (MORE_STEPS, rate, WIDER, LESS_DROPOUT, other_rate),
        FitKind.UNDERFITTING: underfitting,
        FitKind.UNDECIDED: (*underfitting, MORE_DROPOUT, MORE_DATA),
        FitKind.GOOD: (MORE_DATA, WIDER, MORE_DROPOUT, LESS_DROPOUT, HIGHER_RATE, MORE_STEPS),
    }[verdict.kind]


def probe(
    recipe: Recipe,
    dataset: Dataset,
    evidence: FitEvidence,
    verdict: Verdict,
    minutes: float,
    runner: Runner,
    *,
    baseline: LossEstimate | None = None,
    clock: Callable[[], float] = time.monotonic,
    log: Callable[[str], None] = lambda message: None,
) -> Probes:
    """Try the remedies that might help, as many as the minutes allow, or until Ctrl-C.

    All experiments of a run do equally many updates (the one with more updates does twice as many): those of the run if
    at least the first two experiments fit into the minutes then, otherwise fewer, and then the unchanged recipe is
    trained at that length too, for comparison.

    Args:
        recipe: the run's recipe.
        dataset: the run's dataset.
        evidence: evidence of the run, which includes the time of an update.
        verdict: verdict on the run alone, which determines what to try.
        minutes: time limit for everything.
        runner: function that trains a recipe.
        baseline: the run's lowest validation loss with the losses of its examples, for paired comparison; without it, a
            correlation is assumed.
        clock: function that returns the time in seconds.
        log: called with a sentence before each experiment.
    """
    changes = [(name, ACTIONS[name].applied(recipe)) for name in suspects(verdict, evidence.facts.dropout)]
    names = [name for name, changed in changes if changed is not None or name == MORE_DATA]
    plan = plan_probes(names, evidence, minutes)
    end = clock() + 60 * minutes
    lab = _Laboratory(recipe, dataset, evidence, plan, runner, clock, log, end, plan.seconds, baseline)
    began, interrupted = clock(), False
    try:
        if plan.names and lab.has_baseline():
            for name in plan.names:
                lab.examine(name, dict(changes)[name])
    except KeyboardInterrupt:
        interrupted = True
        lab.remarks.append("Interrupted: what was under way does not count, and what was to follow was not tried.")
    return Probes(
        results=tuple(lab.results),
        points=tuple(sorted(lab.points, key=lambda point: point.examples)),
        remarks=(*plan.remarks, *lab.remarks),
        seconds=clock() - began,
        length=plan.updates / lab.run_updates,
        interrupted=interrupted,
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """Which experiments to do, and how long.

    Attributes:
        names: names of the remedies, in order.
        updates: updates of each experiment: those of the run, or fewer.
        seconds: time of an update of the unchanged recipe, overheads included.
        again: whether the unchanged recipe must be trained as well.
        remarks: sentences about what was shortened or left out.
    """

    names: tuple[str, ...]
    updates: int
    seconds: float
    again: bool
    remarks: tuple[str, ...]


def plan_probes(names: Sequence[str], evidence: FitEvidence, minutes: float) -> Plan:
    """Choose experiments that fit into the minutes, by the time that the run's updates took."""
    seconds = _OVERHEAD * (evidence.seconds_per_update or 0.0)
    complete = evidence.ending in (StopReason.PLANNED, StopReason.STOPPED_EARLY) and bool(evidence.finite)
    updates = evidence.planned if complete else min(max(evidence.done, 1), evidence.planned)
    affordable = 60 * minutes / seconds if seconds else math.inf
    first = sum(_cost(name) for name in names[:_FIRST])
    if affordable >= (first + (not complete)) * updates:
        return Plan(tuple(names), updates, seconds, not complete, ())
    kept = [name for name in names if name != MORE_STEPS][:_FIRST]
    needed = 1 + sum(_cost(name) for name in kept)
    shorter = min(int(affordable / needed), updates)
    full = f"at the run's length these take about {math.ceil(seconds * updates * needed / 60):,} minutes"
    if shorter < _FEWEST_UPDATES or not kept:
        what = f"Nothing was tried: {minutes:g} minutes are too few, as {full}."
        return Plan((), 0, seconds, False, (what,))
    what = (
        f"Experiments did {shorter:,} of the run's {updates:,} updates, and so did the unchanged recipe that they are "
        f"compared with; {full}. In a short time less dropout and a higher learning rate look better than they are."
    )
    return Plan(tuple(kept), shorter, seconds, True, (what,))


def _cost(name: str) -> float:
    """Cost of trying a remedy, as a multiple of training the unchanged recipe."""
    return float(len(FRACTIONS)) if name == MORE_DATA else max(ACTIONS[name].cost, 1.0)


@dataclass(slots=True)
class _Laboratory:
    """Runs the experiments and keeps their results."""

    recipe: Recipe
    dataset: Dataset
    evidence: FitEvidence
    plan: Plan
    runner: Runner
    clock: Callable[[], float]
    log: Callable[[str], None]
    end: float
    seconds: float
    estimate: LossEstimate | None
    results: list[ProbeResult] = field(default_factory=list)
    points: list[DataPoint] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    baseline: Validation | None = None

    def has_baseline(self) -> bool:
        """Find the loss that changes are compared with: the run's own, or that of a shorter run; false if there is
        none."""
        if not self.plan.again:
            self.baseline = self.evidence.best
            return True
        found = self._trained("the recipe as it is", self.recipe, 1.0, self.plan.updates)
        self.baseline, self.estimate = (found[1], found[0].best) if found is not None else (None, None)
        return found is not None

    def examine(self, name: str, changed: Recipe | None) -> None:
        """Try one remedy."""
        if changed is None:
            self._examine_data()
            return
        updates = self.plan.updates * (2 if name == MORE_STEPS else 1)
        found = self._trained(f"“{name}”", changed, _cost(name), updates)
        if found is None or self.baseline is None:
            return
        trial, best = found
        self.results.append(
            ProbeResult(
                action=name,
                settings=settings(self.recipe, changed),
                baseline=self.baseline.validation,
                loss=best.validation,
                error=self._error(trial, best, self.baseline),
                updates=trial.updates,
                baseline_updates=self.plan.updates,
                run_updates=self.run_updates,
                seconds=trial.seconds,
                parameters=trial.parameters,
                training=best.training,
            )
        )

    def _error(self, trial: Trial, best: Validation, baseline: Validation) -> float:
        """Standard error of the difference to the baseline: by the paired bootstrap if losses of examples are known."""
        if self.estimate is None or trial.best is None:
            return difference_error(best.validation_error, baseline.validation_error)
        return trial.best.less(self.estimate)[1]

    @property
    def run_updates(self) -> int:
        """The length of the run: the updates done if it ended early, otherwise those planned."""
        is_cut = self.evidence.ending in (StopReason.CLOCK, StopReason.BROKEN_OFF)
        return max(self.evidence.done if is_cut else self.evidence.planned, 1)

    def _examine_data(self) -> None:
        total = self.evidence.facts.examples
        for fraction in FRACTIONS:
            examples = max(round(fraction * total), 1)
            trained = self._trained(
                f"{examples:,} of {total:,} examples", self.recipe, 1.0, self.plan.updates, examples
            )
            if trained is not None and self.baseline is not None:
                self.points = self.points or [_point(total, self.baseline)]
                self.points.append(_point(trained[0].examples, trained[1]))

    def _trained(
        self, what: str, recipe: Recipe, cost: float, updates: int, examples: int | None = None
    ) -> tuple[Trial, Validation] | None:
        """A trial and its best validation; None, with a remark, if it was not done, not finished, or had no finite
        loss."""
        began = self.clock()
        needed, left = cost * self.plan.updates * self.seconds, self.end - began
        if needed > left or left <= 0:
            minutes = f"it takes about {needed / 60:.1f} minutes, and {max(left, 0) / 60:.1f} were left"
            self.remarks.append(f"Not tried: {what}; {minutes}.")
            return None
        self.log(f"Trying {what}: {updates:,} updates")
        recipe = shortened_recipe(recipe, updates, updates if updates > self.plan.updates else self.evidence.planned)
        try:
            trial = self.runner(recipe, self.dataset, examples=examples, minutes=left / 60)
        except DragomanError as error:
            self.remarks.append(f"Tried in vain: {what} could not be trained. {error.what}.")
            return None
        # On a machine that has become slower, fewer fit.
        self.seconds = max(self.seconds, (self.clock() - began) / (cost * self.plan.updates))
        best = best_of(validations_of_records(trial.validations))
        if best is None:
            self.remarks.append(f"Tried in vain: {what} found no finite loss.")
            return None
        if trial.updates < updates:
            self.remarks.append(f"Not finished: {what} did {trial.updates:,} of {updates:,} updates in the time left.")
            return None
        return trial, best


def _point(examples: int, look: Validation) -> DataPoint:
    return DataPoint(examples, look.validation, look.validation_error, look.training)
