"""What early stopping, dropout and weight decay would have changed."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.diagnosis.fit.actions import EARLY_STOPPING, LESS_DROPOUT, MORE_DECAY, MORE_DROPOUT
from dragoman.diagnosis.fit.criteria import Thresholds
from dragoman.diagnosis.fit.evidence import FitEvidence
from dragoman.diagnosis.fit.experiment import ProbeResult
from dragoman.diagnosis.fit.verdict import Verdict
from dragoman.reports.text import loss_text, percent_text


def hindsight(
    evidence: FitEvidence, verdict: Verdict, probes: Sequence[ProbeResult], thresholds: Thresholds
) -> dict[str, str]:
    """A sentence on each of the three, by its name."""
    facts = evidence.facts
    began = f", and was {facts.dropout * facts.dropout_start:.2g} at first" if facts.dropout_start != 1 else ""
    dropout = f"The rate is {facts.dropout:g}{began}."
    decay = f"The strength is {facts.weight_decay:g}."
    return {
        EARLY_STOPPING: _early_stopping(evidence, verdict, thresholds),
        "dropout": _tried(dropout, probes, (LESS_DROPOUT, MORE_DROPOUT)),
        "weight decay": _tried(decay, probes, (MORE_DECAY,)),
    }


def _early_stopping(evidence: FitEvidence, verdict: Verdict, thresholds: Thresholds) -> str:
    numbers = verdict.numbers
    if numbers is None:
        return "Nothing: no look found a finite loss."
    saved = 1 - numbers.best_update / max(evidence.done, 1)
    if numbers.rise <= thresholds.errors * numbers.rise_error or numbers.rise == 0:
        return (
            f"Nothing: the loss at the end is within chance of the lowest, of update {numbers.best_update:,}."
            if saved
            else "Nothing: the lowest loss is that of the end."
        )
    return (
        f"Stopping at update {numbers.best_update:,} would have saved {percent_text(saved)} of the updates; the model "
        f"of the end is worse by {loss_text(numbers.rise, numbers.rise_error)} "
        f"({percent_text(numbers.rise / numbers.validation)}). The run has kept its best model."
    )


def _tried(now: str, probes: Sequence[ProbeResult], names: tuple[str, ...]) -> str:
    said = [
        f"{', '.join(probe.settings)} changes the lowest validation loss by {loss_text(probe.change, probe.error)} "
        f"({percent_text(probe.change / probe.baseline)}), measured over {probe.updates:,} updates."
        for probe in probes
        if probe.action in names
    ]
    return " ".join([now, *said]) if said else f"{now} What another would change is unknown without --probe."
