"""Gradients on their way back through the steps of a recurrence."""

from __future__ import annotations

import math
from collections.abc import Iterable

from dragoman.diagnosis.stability.finding import Finding, Kind, Severity
from dragoman.diagnosis.stability.read import StabilityEvidence
from dragoman.diagnosis.stability.rules.advice import (
    attention,
    calmer_training,
    gated_cell,
    has_attention,
    section_of,
    sentence,
)
from dragoman.recipe.recurrent import RecurrentRecipe
from dragoman.training.observer import StabilityRecord

VANISHED = 1e-3
"""Of the gradient left over the longest distance measured: what lies there hardly counts beside what is near."""
HOPELESS = 1e-6
"""Of it: gates alone forget as much in some twenty steps before they have learnt not to, so less is normal there."""
SHORT_MEMORY = 0.5
"""Of it left by each single step: of a plain cell, which has no gate to open, ten steps back a thousandth."""
EXPLODED = 1e3
"""Likewise, of growth: what lies far away then drowns what is near, and one long row sets the whole step."""
_ORTHOGONAL = "where the recurrent weights did not begin orthogonal (gain 1), as this version's do, begin with such"
GAIN_OFF = math.sqrt(2)
"""Times that recurrent weights may begin larger or smaller than orthogonal ones: over ten steps that is a factor of 32
in what a state, or its gradient, becomes."""
SHORTEST = 4
"""Steps back from which on a growth per step can be told."""


def over_the_longest(look: StabilityRecord, cell: str) -> float | None:
    """What the gradient is multiplied by over the longest distance that was measured, by the fitted growth; None if it
    was too short to tell."""
    norms, growth = look.through_time.get(cell, ()), look.growth.get(cell, math.nan)
    if len(norms) <= SHORTEST:
        return None
    if norms[-1] == 0 and norms[0] > 0:
        return 0.0
    return math.exp(min(growth * (len(norms) - 1), 700.0)) if math.isfinite(growth) else None


def through_time(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Recurrent cells whose gradient vanishes or explodes, at the last look that measured it."""
    last = {cell: look for look in evidence.looks for cell in look.through_time}
    for cell, look in last.items():
        factor = over_the_longest(look, cell)
        if factor is not None and factor < VANISHED:
            yield _vanishing(evidence, cell, look, factor)
        elif factor is not None and factor > EXPLODED:
            yield _exploding(evidence, cell, look, factor)


def recurrent_gain(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Recurrent weights that began far from orthogonal; training may move them where it likes."""
    for look in evidence.looks:
        if look.update == 1:
            for cell, gain in look.recurrent_gain.items():
                if not 1 / GAIN_OFF <= gain <= GAIN_OFF:
                    yield _off(cell, gain)


def _off(cell: str, gain: float) -> Finding:
    does = "states and their gradients are forgotten" if gain < 1 else "states saturate, or gradients explode"
    return Finding(
        Kind.RECURRENT_GAIN,
        Severity.WARNING,
        cell,
        f"Its recurrent weights began {gain:.3g} times as large as orthogonal ones, so that {does} from the start.",
        {"gain": gain, "update": 1},
        f"Begin with orthogonal recurrent weights (gain 1), as a fresh model does; multiply these by {1 / gain:.3g}.",
    )


def _vanishing(evidence: StabilityEvidence, cell: str, look: StabilityRecord, factor: float) -> Finding:
    recipe, section = evidence.recipe, section_of(evidence.recipe, cell)
    plain = isinstance(section, RecurrentRecipe) and section.kind == "rnn"
    no_other_way = not has_attention(recipe) and not recipe.model.is_language_model
    short = look.growth.get(cell, -math.inf) < math.log(SHORT_MEMORY)
    costly = (plain and (short or no_other_way)) or (no_other_way and factor < HOPELESS)
    advice = [*gated_cell(recipe, cell), *attention(recipe)]
    if not advice:
        way = "attention brings the rest to where it is needed" if has_attention(recipe) else "this is usual with gates"
        advice = [f"nothing, if the output is good: {way}; else prefer an attention, or a Transformer"]
    return Finding(
        Kind.VANISHING_THROUGH_TIME,
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
    if recipe.model.is_language_model and recipe.training.batch.partition != "lines":
        window = recipe.training.batch.window
        advice += [f"cut the recurrence shorter (training.batch.window = {max(2, window // 2)} instead of {window})"]
    return Finding(
        Kind.EXPLODING_THROUGH_TIME,
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
    """After how many steps a thousandth is left."""
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
