"""Rules on the gradient's way back through the time steps of a recurrence."""

from __future__ import annotations

import math
from collections.abc import Iterable

from dragoman.diagnosis.stability.finding import Finding, Severity, Symptom
from dragoman.diagnosis.stability.read import StabilityEvidence
from dragoman.diagnosis.stability.rules.advice import (
    attention,
    calmer_training,
    gated_cell,
    section_of,
    sentence,
)
from dragoman.recipe.recurrent import RecurrentRecipe
from dragoman.training.observer import StabilityRecord

VANISHED = 1e-3
"""Share of the gradient left over the longest measured distance below which distant inputs hardly count beside near
ones."""
HOPELESS = 1e-6
"""Share below which learning is unlikely even with gates, which at first forget as much in some twenty steps."""
SHORT_MEMORY = 0.5
"""Factor of the gradient per step below which a plain cell, which has no gate to open, keeps a thousandth over ten
steps."""
EXPLODED = 1e3
"""Growth of the gradient over the longest measured distance above which distant inputs drown near ones, and one long
row determines the whole step."""
_ORTHOGONAL = "where the recurrent weights did not begin orthogonal (gain 1), as this version's do, begin with such"
GAIN_OFF = math.sqrt(2)
"""Factor by which initial recurrent weights may differ from orthogonal ones: over ten steps it becomes a factor of 32
in a state or its gradient."""
SHORTEST = 4
"""Fewest steps back from which a growth per step can be estimated."""


def over_the_longest(look: StabilityRecord, cell: str) -> float | None:
    """The factor of the gradient over the longest measured distance, by the fitted growth; None if the distance was too
    short to estimate it."""
    norms, growth = look.through_time.get(cell, ()), look.growth.get(cell, math.nan)
    if len(norms) <= SHORTEST:
        return None
    if norms[-1] == 0 and norms[0] > 0:
        return 0.0
    return math.exp(min(growth * (len(norms) - 1), 700.0)) if math.isfinite(growth) else None


def through_time(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Recurrent cells whose gradient vanishes or explodes, at the last snapshot that measured it."""
    last = {cell: look for look in evidence.looks for cell in look.through_time}
    for cell, look in last.items():
        factor = over_the_longest(look, cell)
        if factor is not None and factor < VANISHED:
            yield _vanishing(evidence, cell, look, factor)
        elif factor is not None and factor > EXPLODED:
            yield _exploding(evidence, cell, look, factor)


def recurrent_gain(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Recurrent weights that began far from orthogonal; training may move them from there freely."""
    for look in evidence.looks:
        if look.update == 1:
            for cell, gain in look.recurrent_gain.items():
                if not 1 / GAIN_OFF <= gain <= GAIN_OFF:
                    yield _off(cell, gain)


def _off(cell: str, gain: float) -> Finding:
    does = "states and their gradients are forgotten" if gain < 1 else "states saturate, or gradients explode"
    return Finding(
        Symptom.RECURRENT_GAIN,
        Severity.WARNING,
        cell,
        f"Its recurrent weights began {gain:.3g} times as large as orthogonal ones, so that {does} from the start.",
        {"gain": gain, "update": 1},
        f"Begin with orthogonal recurrent weights (gain 1), as a fresh model does; multiply these by {1 / gain:.3g}.",
    )


def _vanishing(evidence: StabilityEvidence, cell: str, look: StabilityRecord, factor: float) -> Finding:
    recipe, section = evidence.recipe, section_of(evidence.recipe, cell)
    plain = isinstance(section, RecurrentRecipe) and section.kind == "rnn"
    no_other_way = recipe.model.reads_without_attention
    short = look.growth.get(cell, -math.inf) < math.log(SHORT_MEMORY)
    costly = (plain and (short or no_other_way)) or (no_other_way and factor < HOPELESS)
    advice = [*gated_cell(recipe, cell), *attention(recipe)]
    if not advice:
        way = "attention brings the rest to where it is needed" if recipe.model.attends else "this is usual with gates"
        advice = [f"nothing, if the output is good: {way}; else prefer an attention, or a Transformer"]
    return Finding(
        Symptom.VANISHING_THROUGH_TIME,
        Severity.WARNING if costly else Severity.NOTE,
        cell,
        _said(look, cell, factor, "shrinks") + _reach(look.growth.get(cell, math.nan)),
        _values(look, cell, factor),
        sentence(advice),
    )


def _exploding(evidence: StabilityEvidence, cell: str, look: StabilityRecord, factor: float) -> Finding:
    recipe = evidence.recipe
    advice = []
    if not recipe.training.optimizer.clip_norm:
        advice += ["clip the gradient (training.optimizer.clip_norm = 1.0; it is off)"]
    advice += gated_cell(recipe, cell)
    if recipe.cuts_text:
        window = recipe.training.batch.window
        advice += [f"cut the recurrence shorter (training.batch.window = {max(2, window // 2)} instead of {window})"]
    return Finding(
        Symptom.EXPLODING_THROUGH_TIME,
        Severity.WARNING if recipe.training.optimizer.clip_norm else Severity.GRAVE,
        cell,
        _said(look, cell, factor, "grows"),
        _values(look, cell, factor),
        sentence([*advice, *calmer_training(recipe, clip=False)[:1], _ORTHOGONAL]),
    )


def _said(look: StabilityRecord, cell: str, factor: float, does: str) -> str:
    steps, growth = len(look.through_time[cell]) - 1, look.growth.get(cell, math.nan)
    size = "to 0" if factor == 0 else f"to {factor:.1e} of what it was"
    rate = f", by a factor of {math.exp(growth):.3g} per step" if math.isfinite(growth) else ""
    return f"The gradient {does} {size} over {steps} steps back in time{rate} (update {look.update:,})."


def _reach(growth: float) -> str:
    """A sentence on the number of steps after which a thousandth of the gradient is left."""
    if not growth < 0:
        return ""
    return f" After {math.ceil(math.log(VANISHED) / growth):,} steps a thousandth is left."


def _values(look: StabilityRecord, cell: str, factor: float) -> dict[str, int | float | str]:
    return {
        "factor": factor,
        "growth per step": look.growth.get(cell, math.nan),
        "steps": len(look.through_time[cell]) - 1,
        "update": look.update,
    }
