"""Underfitting, overfitting, not converged, good, or undecided, and why.

The run's own losses are judged first; where they leave a doubt, small experiments decide: the remedy that helps shows
what was wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from dragoman.diagnosis.fit.actions import ACTIONS, LESS_DROPOUT, MORE_DATA, MORE_STEPS, WIDER
from dragoman.diagnosis.fit.criteria import FitKind, Thresholds
from dragoman.diagnosis.fit.evidence import FitEvidence, StopReason
from dragoman.diagnosis.fit.experiment import ProbeResult
from dragoman.diagnosis.fit.learning_curve import LearningCurve, Prediction
from dragoman.diagnosis.fit.numbers import FitNumbers, measure_fit
from dragoman.reports.text import loss_text, percent_text

UNSEEN = (
    "Whether the loss that remains is the data's own entropy or a larger or less regularised model would lower it, "
    "only experiments tell: run with --probe MINUTES."
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict with its reasons.

    Attributes:
        kind: the verdict itself.
        because: the reasons as sentences with numbers.
        numbers: all numbers of the run; None if no validation was finite.
        unknown: sentences on what the measurements cannot tell.
    """

    kind: FitKind
    because: tuple[str, ...]
    numbers: FitNumbers | None
    unknown: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Cure:
    """A remedy that helps.

    Attributes:
        action: name of the remedy.
        gain: decrease of the validation loss.
        said: the result as a sentence.
    """

    action: str
    gain: float
    said: str


def judge(
    evidence: FitEvidence,
    probes: Sequence[ProbeResult] = (),
    thresholds: Thresholds | None = None,
    *,
    curve: LearningCurve | None = None,
) -> Verdict:
    """Judge a run.

    Args:
        evidence: evidence of the run.
        probes: experiments; those that are much shorter than the run are ignored.
        thresholds: limits of the verdict; the defaults if None.
        curve: learning curve fitted to losses on parts of the training set, in experiments as long as the run; None if
            there are none.
    """
    thresholds = thresholds or Thresholds()
    if not evidence.finite:
        return Verdict(FitKind.UNDECIDED, ("No look at the validation set found a finite loss.", _SEE_STABILITY), None)
    numbers = measure_fit(evidence)
    verdict = _judged_by_looks(evidence, numbers, thresholds)
    decisive = [probe for probe in probes if probe.length >= thresholds.shortest_probe]
    cures = _cures(decisive, curve, evidence.baseline, thresholds)
    if cures:
        unknown = tuple(text for text in verdict.unknown if text != UNSEEN)
        because = (*(cure.said for cure in cures), *verdict.because)
        return Verdict(_cured(cures, numbers, thresholds), because, numbers, unknown)
    return _after_vain_probes(verdict, decisive, evidence, thresholds)


def _cures(
    probes: Sequence[ProbeResult], curve: LearningCurve | None, baseline: float, thresholds: Thresholds
) -> list[_Cure]:
    """The remedies that help, the most helpful first."""
    found = [
        _Cure(probe.action, probe.gain, _help_text(probe)) for probe in probes if helps(probe, baseline, thresholds)
    ]
    more = None if curve is None else gain_of_data(curve, thresholds)
    if curve is not None and more is not None:
        whole = curve.points[-1]
        said = (
            f"By the losses with parts of the {whole.examples:,} examples, twice as many are forecast to lower the "
            f"validation loss by {loss_text(more.value)} ({percent_text(more.value / whole.loss)})."
        )
        found.append(_Cure(MORE_DATA, more.value, said))
    return sorted(found, key=lambda cure: -cure.gain)


def gain_of_data(curve: LearningCurve, thresholds: Thresholds) -> Prediction | None:
    """The gain of doubling the training set; None if it is not sure to matter.

    Args:
        curve: learning curve over the size of the training set.
        thresholds: limits from which a gain counts.
    """
    gain = curve.gain(2.0)
    return gain if gain.low >= thresholds.probe_share * curve.points[-1].loss else None


def helps(probe: ProbeResult, baseline: float, thresholds: Thresholds) -> bool:
    """Whether a change lowers the validation loss significantly and by enough to matter.

    Args:
        probe: the result of trying the change.
        baseline: E_0; gains are compared with a share of it where losses are small.
        thresholds: limits from which a gain counts.
    """
    enough = max(thresholds.probe_share * probe.baseline, thresholds.nothing_left * baseline)
    return math.isfinite(probe.loss) and probe.gain >= enough and probe.gain > thresholds.errors * probe.error


def _cured(cures: Sequence[_Cure], numbers: FitNumbers, thresholds: Thresholds) -> FitKind:
    """The fault that the most helpful remedy cures; while the loss still falls, longer training has precedence."""
    going_on = [cure.gain for cure in cures if ACTIONS[cure.action].cures is FitKind.NOT_CONVERGED]
    if going_on and _falls(numbers, thresholds) and cures[0].gain < thresholds.overrule * going_on[0]:
        return FitKind.NOT_CONVERGED
    return ACTIONS[cures[0].action].cures


_SEE_STABILITY = "It may be numerically unstable: see `dragoman diagnose stability`."


def _judged_by_looks(evidence: FitEvidence, numbers: FitNumbers, thresholds: Thresholds) -> Verdict:
    """The verdict from the run's own losses."""
    rules = (_unusable, _risen, _learnt, _too_noisy, _gap, _still_falling, _no_probe, _nothing_learnt, _high_level)
    for rule in rules:
        verdict = rule(evidence, numbers, thresholds)
        if verdict is not None:
            return verdict
    why = (
        f"The loss on the training set is {percent_text(numbers.level or 0.0)} of E_0, so the model can fit it; "
        f"the gap to the validation set is {percent_text(numbers.gap or 0.0)} of E_0, and the loss hardly falls any "
        "more under this schedule.",
    )
    return Verdict(FitKind.GOOD, why, numbers, (UNSEEN,))


def _unusable(evidence: FitEvidence, numbers: FitNumbers, thresholds: Thresholds) -> Verdict | None:
    if not math.isfinite(evidence.looks[-1].validation):
        what = f"The validation loss was not finite at the last look, after update {evidence.looks[-1].update:,}."
        return Verdict(FitKind.UNDECIDED, (what, _SEE_STABILITY), numbers)
    if len(evidence.finite) < thresholds.looks:
        what = (
            f"There are {len(evidence.finite)} looks at the validation set, and {thresholds.looks} are needed to see "
            "where the loss goes; lower training.validate_every."
        )
        return Verdict(FitKind.UNDECIDED, (what,), numbers)
    return None


def _risen(evidence: FitEvidence, numbers: FitNumbers, thresholds: Thresholds) -> Verdict | None:
    if numbers.rise <= max(thresholds.errors * numbers.rise_error, thresholds.rise * evidence.baseline):
        return None
    best, last = evidence.best, evidence.finite[-1]
    risen = (
        f"The validation loss rose by {loss_text(numbers.rise, numbers.rise_error)} from its lowest, "
        f"{loss_text(best.validation)} after update {best.update:,}, to {loss_text(last.validation)} at the end"
    )
    if best.training is None or last.training is None:
        return Verdict(FitKind.UNDECIDED, (f"{risen}.",), numbers, (_NO_PROBE,))
    fell = best.training - last.training
    if fell < -thresholds.errors * (last.training_error or 0.0):
        what = f"{risen}, and so did the training loss, by {loss_text(-fell)}: that is no overfitting."
        return Verdict(FitKind.UNDECIDED, (what, _SEE_STABILITY), numbers, (UNSEEN,))
    what = f"{risen}, while the training loss went from {loss_text(best.training)} to {loss_text(last.training)}."
    return Verdict(FitKind.OVERFITTING, (what,), numbers)


def _learnt(evidence: FitEvidence, numbers: FitNumbers, thresholds: Thresholds) -> Verdict | None:
    if numbers.excess > thresholds.learnt * evidence.baseline:
        return None
    what = (
        f"The validation loss, {loss_text(numbers.validation)}, is close to the least that there can be "
        f"({loss_text(numbers.least)}): {percent_text(numbers.excess / evidence.baseline)} of E_0 above it. "
        "There is nothing left to gain."
    )
    return Verdict(FitKind.GOOD, (what,), numbers)


def _too_noisy(evidence: FitEvidence, numbers: FitNumbers, thresholds: Thresholds) -> Verdict | None:
    error = evidence.best.validation_error
    if error is None or thresholds.errors * error <= thresholds.resolution * evidence.baseline:
        return None
    what = (
        f"The validation set is too small: its loss is {loss_text(numbers.validation, error)}, and differences of "
        f"{percent_text(thresholds.resolution)} of E_0 ({loss_text(thresholds.resolution * evidence.baseline)}) drown "
        "in that; hold out more examples (data.validation_pairs)."
    )
    return Verdict(FitKind.UNDECIDED, (what,), numbers)


def _gap(evidence: FitEvidence, numbers: FitNumbers, thresholds: Thresholds) -> Verdict | None:
    if numbers.gap is None or numbers.gap_error is None or numbers.training is None:
        return None
    if numbers.gap <= max(thresholds.gap, thresholds.errors * numbers.gap_error):
        return None
    what = (
        f"The validation loss is {loss_text(numbers.validation - numbers.training)} above the training loss "
        f"({loss_text(numbers.validation)} against {loss_text(numbers.training)}), which is "
        f"{percent_text(numbers.gap)} of E_0; more than {percent_text(thresholds.gap)} is overfitting."
    )
    return Verdict(FitKind.OVERFITTING, (what, *_falling_text(numbers, thresholds)), numbers)


def _still_falling(evidence: FitEvidence, numbers: FitNumbers, thresholds: Thresholds) -> Verdict | None:
    said = _falling_text(numbers, thresholds)
    if not said or numbers.forecast is None:
        return None
    stopped = (
        (f"The run did {evidence.done:,} of {evidence.planned:,} updates: {evidence.ending.value}.",)
        if evidence.ending in (StopReason.CLOCK, StopReason.BROKEN_OFF)
        else ()
    )
    if numbers.forecast.gain <= thresholds.errors * numbers.forecast.error:
        what = "The last looks scatter too much to tell whether the loss still falls."
        return Verdict(FitKind.UNDECIDED, (what, *said, *stopped), numbers)
    return Verdict(FitKind.NOT_CONVERGED, (*said, *stopped), numbers)


def _falls(numbers: FitNumbers, thresholds: Thresholds) -> bool:
    """Whether the forecast predicts a large enough further decrease, certain or not."""
    return numbers.forecast is not None and numbers.forecast.gain > thresholds.forecast * numbers.learnt


def _falling_text(numbers: FitNumbers, thresholds: Thresholds) -> tuple[str, ...]:
    """A sentence on the forecast if the loss still falls; otherwise nothing."""
    forecast = numbers.forecast
    if forecast is None or not _falls(numbers, thresholds):
        return ()
    return (
        f"{forecast.updates:,} more updates are forecast to lower the validation loss by "
        f"{loss_text(forecast.gain, forecast.error)}, {percent_text(forecast.gain / numbers.learnt)} of all that was "
        f"learnt so far; above {percent_text(thresholds.forecast)} a run has not converged.",
    )


_NO_PROBE = (
    "This run did not measure the loss on its training set, as runs of earlier versions did not; so the gap to the "
    "validation set and the training level are unknown. Train again, or run with --probe MINUTES."
)


def _no_probe(evidence: FitEvidence, numbers: FitNumbers, thresholds: Thresholds) -> Verdict | None:
    del evidence, thresholds
    return Verdict(FitKind.UNDECIDED, (_NO_PROBE,), numbers) if numbers.gap is None else None


def _nothing_learnt(evidence: FitEvidence, numbers: FitNumbers, thresholds: Thresholds) -> Verdict | None:
    if numbers.validation < thresholds.unlearnt * evidence.baseline:
        return None
    what = (
        f"The model is hardly better than one that does not look at its input: {loss_text(numbers.validation)} against "
        f"E_0 = {loss_text(evidence.baseline)}. The learning rate may be far off, the model too small, or there is "
        "nothing to learn."
    )
    return Verdict(FitKind.UNDECIDED, (what,), numbers, (UNSEEN,))


def _high_level(evidence: FitEvidence, numbers: FitNumbers, thresholds: Thresholds) -> Verdict | None:
    del evidence
    if numbers.level is None or numbers.level <= thresholds.level:
        return None
    what = (
        f"The loss falls no more and the gap is small ({percent_text(numbers.gap or 0.0)} of E_0), but even the "
        f"training loss is {percent_text(numbers.level)} of E_0: that may be underfitting, or the data has no less."
    )
    return Verdict(FitKind.UNDECIDED, (what,), numbers, (UNSEEN,))


def _help_text(probe: ProbeResult) -> str:
    return (
        f"Tried, “{probe.action}” lowered the validation loss from "
        f"{loss_text(probe.baseline)} by {loss_text(probe.gain, probe.error)} "
        f"({percent_text(probe.gain / probe.baseline)}) in {probe.updates:,} updates."
    )


def _after_vain_probes(
    verdict: Verdict, probes: Sequence[ProbeResult], evidence: FitEvidence, thresholds: Thresholds
) -> Verdict:
    """The verdict where no experiment that was long enough helped."""
    tried = {probe.action for probe in probes}
    if not tried:
        return verdict
    enough = WIDER in tried and (LESS_DROPOUT in tried or evidence.facts.dropout == 0)
    names = ", ".join(f"“{name}”" for name in sorted(tried))
    vain = f"Tried, {names} did not lower the validation loss by {percent_text(thresholds.probe_share)}."
    unknown = tuple(text for text in verdict.unknown if not (enough and text == UNSEEN))
    refuted = verdict.kind is FitKind.NOT_CONVERGED and MORE_STEPS in tried
    doubt_gone = verdict.kind is FitKind.UNDECIDED and UNSEEN in verdict.unknown and enough
    kind = FitKind.GOOD if refuted or doubt_gone else verdict.kind
    return Verdict(kind, (*verdict.because, vain), verdict.numbers, unknown)
