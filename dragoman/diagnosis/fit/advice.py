"""What to do next, and the improvement to expect."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

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
from dragoman.diagnosis.fit.criteria import FitKind, Thresholds
from dragoman.diagnosis.fit.experiment import Probes
from dragoman.diagnosis.fit.learning_curve import LearningCurve
from dragoman.diagnosis.fit.verdict import UNSEEN, Verdict, gain_of_data, helps
from dragoman.recipe import Recipe
from dragoman.reports.text import loss_text, percent_text
from dragoman.training.resumption import CHANGEABLE

MEASURED, FORECAST, RULE = "measured", "forecast", "rule"
_LITTLE_LEARNT = 0.5


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice.

    Attributes:
        action: name of the remedy in :data:`~dragoman.diagnosis.fit.actions.ACTIONS`.
        what: the advice as a sentence.
        settings: arguments to type after ``--set``; empty if the remedy is no setting of a recipe.
        gain: expected decrease of the validation loss; None if unknown.
        share: the same decrease as a share of the present loss.
        error: standard error of the decrease; None if unknown.
        cost: cost of training with the remedy, as a multiple of the present cost.
        source: basis of the expected decrease: ``measured`` in an experiment, a ``forecast``, or only a ``rule``.
    """

    action: str
    what: str
    settings: tuple[str, ...]
    gain: float | None
    share: float | None
    error: float | None
    cost: float
    source: str

    @property
    def sentence(self) -> str:
        """The advice for people to read, in one sentence."""
        typed = " --set ".join(map(shlex.quote, self.settings))
        how = f" As settings: --set {typed}" if self.settings else ""
        if self.settings and all(setting.split("=")[0] in CHANGEABLE for setting in self.settings):
            how += f". The run itself goes on so: dragoman train --resume RUN --set {typed}"
        if self.gain is None or self.share is None:
            return f"{self.what} Expected gain: unknown without --probe.{how}"
        gain = f"{loss_text(self.gain, self.error)}, {percent_text(self.share)} of the loss"
        return f"{self.what} Expected gain: {gain} ({self.source}).{how}"


def advise(
    recipe: Recipe,
    verdict: Verdict,
    probes: Probes,
    curve: LearningCurve | None,
    thresholds: Thresholds,
) -> tuple[Advice, ...]:
    """Remedies, ordered by improvement for cost; those of unknown improvement come last, and those that were tried
    without success are left out.

    Args:
        recipe: the run's recipe.
        verdict: the verdict on the run.
        probes: the experiments; those that are much shorter than the run are ignored.
        curve: learning curve fitted to losses over data size, from experiments as long as the run; None if there are
            none.
        thresholds: limits from which an improvement counts.
    """
    if verdict.numbers is None:
        return ()
    found = [*_measured(verdict.numbers.baseline, probes, thresholds)]
    tried = {probe.action for probe in probes.results if probe.length >= thresholds.shortest_probe}
    if curve is not None:
        tried.add(MORE_DATA)
        found += _more_data(curve, thresholds)
    if MORE_STEPS not in tried:
        found += _more_steps(recipe, verdict)
    known = {advice.action for advice in found} | tried
    by_rule = [_by_rule(recipe, name) for name in _remedies(verdict) if name not in known]
    found.sort(key=lambda advice: -(advice.gain or 0.0) / max(advice.cost, 0.1))
    return (*found, *(advice for advice in by_rule if advice is not None))


def _measured(baseline: float, probes: Probes, thresholds: Thresholds) -> Iterable[Advice]:
    for probe in probes.results:
        if probe.length >= thresholds.shortest_probe and helps(probe, baseline, thresholds):
            action = ACTIONS[probe.action]
            share = probe.gain / probe.baseline
            yield Advice(
                action.name, action.what, probe.settings, probe.gain, share, probe.error, action.cost, MEASURED
            )


def _more_data(curve: LearningCurve, thresholds: Thresholds) -> Iterable[Advice]:
    """Advice to double the data, if the learning curve shows with confidence that this helps."""
    gain, loss = gain_of_data(curve, thresholds), curve.points[-1].loss
    if gain is not None:
        action, error = ACTIONS[MORE_DATA], (gain.high - gain.low) / 4
        yield Advice(MORE_DATA, action.what, (), gain.value, gain.value / loss, error, action.cost, FORECAST)


def _more_steps(recipe: Recipe, verdict: Verdict) -> Iterable[Advice]:
    numbers = verdict.numbers
    changed = ACTIONS[MORE_STEPS].applied(recipe)
    if verdict.kind is not FitKind.NOT_CONVERGED or numbers is None or changed is None:
        return
    forecast = numbers.forecast
    if forecast is not None and forecast.gain > 0 and math.isfinite(forecast.gain):
        action = ACTIONS[MORE_STEPS]
        share = forecast.gain / numbers.validation
        what = f"{action.what} The first quarter of them counts here."
        cost = action.cost
        yield Advice(MORE_STEPS, what, settings(recipe, changed), forecast.gain, share, forecast.error, cost, FORECAST)


def _remedies(verdict: Verdict) -> tuple[str, ...]:
    """The remedies that rules suggest, the most likely first."""
    numbers = verdict.numbers
    little = numbers is not None and numbers.validation > _LITTLE_LEARNT * numbers.baseline
    rate = MUCH_HIGHER_RATE if little else HIGHER_RATE
    if verdict.kind is FitKind.UNDECIDED:
        return (LESS_DROPOUT, WIDER, rate) if UNSEEN in verdict.unknown else ()
    return {
        FitKind.OVERFITTING: (MORE_DROPOUT, MORE_DECAY, NARROWER, MORE_DATA),
        FitKind.NOT_CONVERGED: (MORE_STEPS, rate),
        FitKind.UNDERFITTING: (LESS_DROPOUT, WIDER),
    }.get(verdict.kind, ())


def _by_rule(recipe: Recipe, name: str) -> Advice | None:
    action = ACTIONS[name]
    changed = action.applied(recipe)
    if changed is None and name != MORE_DATA:
        return None
    typed = () if changed is None else settings(recipe, changed)
    return Advice(name, action.what, typed, None, None, None, action.cost, RULE)
