"""Advice on the learning rate of a run from its stability and its fit; both diagnoses print the same advice."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dragoman.diagnosis.fit.criteria import FitKind
from dragoman.diagnosis.fit.evidence import read_evidence as read_fit
from dragoman.diagnosis.fit.verdict import judge
from dragoman.diagnosis.stability.finding import Finding, Severity, Symptom
from dragoman.diagnosis.stability.findings import find
from dragoman.diagnosis.stability.read import read_evidence as read_stability
from dragoman.errors import DragomanError
from dragoman.recipe import Recipe
from dragoman.training.run_folder import RunFolder

_TOO_HIGH = (
    Symptom.NOT_FINITE,
    Symptom.REWOUND,
    Symptom.BLOW_UP,
    Symptom.LARGE_UPDATES,
    Symptom.SPIKES,
)
"""Symptoms of a learning rate that is too high, the surest first."""
_MAY_BE_TOO_HIGH = (
    Symptom.EXPLODING_THROUGH_TIME,
    Symptom.NO_GRADIENT,
    Symptom.DEAD_UNITS,
    Symptom.SATURATED_UNITS,
    Symptom.LARGE_ATTENTION_SCORES,
)
"""Symptoms that a learning rate that is too high may cause, but other faults may too."""


def rate_is_too_high(findings: Iterable[Finding]) -> tuple[Symptom, ...]:
    """The findings that call for a lower learning rate, without notes, which healthy runs have too."""
    return _among(_TOO_HIGH, findings)


def rate_may_be_too_high(findings: Iterable[Finding]) -> tuple[Symptom, ...]:
    """The findings that a lower learning rate may cure and a higher one would make worse, without notes."""
    return _among(_MAY_BE_TOO_HIGH, findings)


def _among(kinds: Iterable[Symptom], findings: Iterable[Finding]) -> tuple[Symptom, ...]:
    found = {finding.kind for finding in findings if finding.severity is not Severity.NOTE}
    return tuple(kind for kind in kinds if kind in found)


def rate_sentence(recipe: Recipe, findings: Iterable[Finding], fit: FitKind | None) -> str:
    """Advice on the learning rate in one sentence.

    Args:
        recipe: the run's recipe.
        findings: findings on the run's stability.
        fit: verdict on the run's own losses; None if there is none.
    """
    rate = recipe.training.optimizer.learning_rate
    findings = tuple(findings)
    signs, hints = rate_is_too_high(findings), rate_may_be_too_high(findings)
    lower = f"--set training.optimizer.learning_rate={rate / 3:.2g}"
    if signs:
        against = ", although its loss still falls: a run that is not calm learns no faster with larger steps"
        return (
            f"Learning rate: lower it ({lower} in a new run; it is {rate:g}), because of {', '.join(signs)}"
            f"{against if fit is FitKind.NOT_CONVERGED else ''}."
        )
    if hints:
        return (
            f"Learning rate: do not raise it; a lower one ({lower} in a new run; it is {rate:g}) is one remedy for "
            f"{', '.join(hints)}."
        )
    if _among((Symptom.SMALL_UPDATES,), findings):
        higher = f"--set training.optimizer.learning_rate={10 * rate:.2g}"
        return f"Learning rate: raise it ({higher} in a new run; it is {rate:g}), for the weights hardly move."
    if fit is FitKind.NOT_CONVERGED:
        higher = f"--set training.optimizer.learning_rate={3 * rate:.2g}"
        return (
            f"Learning rate: {rate:g} may stay or be raised ({higher} in a new run), for the loss still falls and the "
            "run is calm; more updates are the surer way."
        )
    return f"Learning rate: {rate:g} may stay; nothing that was found asks for another."


def findings_of(run: Path) -> tuple[Finding, ...]:
    """The findings on a run's stability; none where it cannot be examined."""
    try:
        return find(read_stability(run))
    except DragomanError:
        return ()


def fit_of(run: Path) -> FitKind | None:
    """The verdict on a run from its own losses; None where they cannot be read."""
    try:
        return judge(read_fit(run, *RunFolder(run).opened())).kind
    except DragomanError:
        return None
