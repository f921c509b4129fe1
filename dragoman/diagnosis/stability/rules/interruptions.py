"""Rules on skipped updates and on returns to an earlier checkpoint."""

from __future__ import annotations

from collections.abc import Iterable

from dragoman.diagnosis.stability.finding import Finding, Severity, Symptom
from dragoman.diagnosis.stability.read import StabilityEvidence
from dragoman.diagnosis.stability.rules.advice import calmer_training, sentence
from dragoman.training.observer import SkipRecord

CALM = 100
"""Updates without a new incident after which a run counts as recovered; training itself looks back as far."""
MOST_SKIPS = 3
"""Skipped updates within these from which a run is unwell; training goes back to a checkpoint after as many."""
MOST_REWINDS = 3
"""Rewinds after which training gives up."""
_LINES = 5


def not_finite(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Updates that were skipped because numbers were not finite, by where the first of these was found."""
    origins = dict.fromkeys((skip.stage, skip.module) for skip in evidence.skips)
    for origin in origins:
        found = [skip for skip in evidence.skips if (skip.stage, skip.module) == origin]
        yield _skipped(evidence, found)


def rewinds(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Returns to an earlier checkpoint."""
    if not evidence.rewinds:
        return
    last, count = evidence.rewinds[-1], len(evidence.rewinds)
    since = evidence.last_update - last.back_to
    grave = count >= MOST_REWINDS or since < min(CALM, evidence.recipe.training.updates - last.back_to)
    times = "once" if count == 1 else f"{count} times"
    reasons = "; ".join(dict.fromkeys(record.reason for record in evidence.rewinds))
    yield Finding(
        Symptom.REWOUND,
        Severity.GRAVE if grave else Severity.WARNING,
        "training",
        f"The run went back to an earlier checkpoint {times}, the last time from update {last.update:,} to "
        f"{last.back_to:,} ({reasons}); it made {since:,} updates since, with {last.learning_rate_factor:g} of the "
        "recipe's learning rate.",
        {
            "rewinds": count,
            "last update": last.update,
            "back to": last.back_to,
            "updates since": since,
            "learning rate factor": last.learning_rate_factor,
        },
        sentence(calmer_training(evidence.recipe)),
    )


def _skipped(evidence: StabilityEvidence, found: list[SkipRecord]) -> Finding:
    stage, module = found[0].stage, found[0].module
    updates = [skip.update for skip in found]
    # What led to going back is over with it; whether the run is well since then is another finding.
    settled = max([evidence.last_update - CALM, *(rewind.update for rewind in evidence.rewinds)])
    recent = [update for update in updates if update > settled]
    lines = list(dict.fromkeys(line for skip in found for line in skip.lines))
    count, total = len(found), len(evidence.updates) + len(evidence.skips)
    where = "The replay found no place where it begins" if stage is None else f"It begins in {_place(stage, module)}"
    when = f"update {updates[0]:,}" if count == 1 else f"updates {updates[0]:,} to {updates[-1]:,}"
    read = f" They were computed from {_listed(lines)}." if lines else ""
    return Finding(
        Symptom.NOT_FINITE,
        Severity.GRAVE if len(recent) >= MOST_SKIPS else Severity.WARNING,
        module or "training",
        f"{count:,} of {total:,} updates ({when}) met numbers that are not finite and {'was' if count == 1 else 'were'}"
        f" not made. {where}.{read}",
        {
            "skipped": count,
            "updates": total,
            "first": updates[0],
            "last": updates[-1],
            "stage": stage or "not found",
            "lines": "; ".join(lines),
        },
        _remedy(evidence, stage, module, lines),
    )


def _place(stage: str, module: str | None) -> str:
    if stage == "input":
        return "what goes in"
    if stage == "parameter":
        return f"the weights {module}"
    if stage == "gradient":
        return f"the gradient of what comes out of {module}"
    return f"what comes out of {module}" if module else f"the {stage}"


def _remedy(evidence: StabilityEvidence, stage: str | None, module: str | None, lines: list[str]) -> str:
    if stage is None:
        return (
            "Computed again, all numbers were finite: test the memory and the cooling of the machine; then train on "
            "with `dragoman train --resume`."
        )
    if stage == "input":
        return f"Mend or remove these lines of the training data: {_listed(lines)}."
    advice = calmer_training(evidence.recipe)
    # A few lines that do it again and again are more likely to blame than the step that came before.
    looked = [f"look at these lines of the training data: {_listed(lines)}"] if 0 < len(lines) <= _LINES else []
    again = [f"go back to a checkpoint in which {module} is finite"] if stage == "parameter" else []
    return sentence([*again, *looked, *advice])


def _listed(lines: list[str]) -> str:
    more = f" and {len(lines) - _LINES} more" if len(lines) > _LINES else ""
    return ", ".join(lines[:_LINES]) + more
