"""All rules of the diagnosis of stability, and the verdict that follows from their findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from dragoman.diagnosis.stability.finding import Finding, Severity, StabilityVerdict, Symptom
from dragoman.diagnosis.stability.read import StabilityEvidence
from dragoman.diagnosis.stability.rules.interruptions import not_finite, rewinds
from dragoman.diagnosis.stability.rules.layers import (
    activation_over_depth,
    attention_scores,
    dead_units,
    gradient_over_depth,
    no_gradient,
    saturated_units,
)
from dragoman.diagnosis.stability.rules.through_time import recurrent_gain, through_time
from dragoman.diagnosis.stability.rules.updates import blow_up, clipping, spikes, update_ratio

Rule = Callable[[StabilityEvidence], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    not_finite,
    rewinds,
    blow_up,
    through_time,
    recurrent_gain,
    gradient_over_depth,
    activation_over_depth,
    no_gradient,
    dead_units,
    saturated_units,
    attention_scores,
    update_ratio,
    spikes,
    clipping,
)
"""The rules, which are pure functions, the gravest matters first."""
_WENT_WRONG = {Symptom.NOT_FINITE, Symptom.REWOUND, Symptom.BLOW_UP}


def find(evidence: StabilityEvidence) -> tuple[Finding, ...]:
    """All findings on a run, the most severe first.

    Args:
        evidence: what the run recorded.
    """
    found = [finding for rule in RULES for finding in rule(evidence)]
    return tuple(sorted(found, key=lambda finding: finding.severity.rank))


def conclude(findings: Sequence[Finding]) -> StabilityVerdict:
    """The verdict: unstable if any finding is grave; recovered if training failed for a while but did not end so."""
    if any(finding.severity is Severity.GRAVE for finding in findings):
        return StabilityVerdict.UNSTABLE
    return (
        StabilityVerdict.RECOVERED
        if any(finding.kind in _WENT_WRONG for finding in findings)
        else StabilityVerdict.STABLE
    )
