"""Rules on single layers, from the snapshots of the stability monitor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dragoman.diagnosis.stability.finding import Finding, Severity, Symptom
from dragoman.diagnosis.stability.places import activation_by_block, gradient_by_block, in_network_order, stacks
from dragoman.diagnosis.stability.read import StabilityEvidence
from dragoman.diagnosis.stability.rules.advice import (
    calmer_training,
    fewer_layers,
    norm_placement,
    other_units,
    residual_connections,
    sentence,
)

FAR_APART = 100.0
"""Ratio between the ends of a stack from which its blocks learn at different rates; in healthy stacks it is below
10."""
IDLE = 0.5
"""Share of dead or saturated units from which a note is due; healthy layers that have learnt sparse codes or hard
decisions reach more."""
MOSTLY_IDLE = 0.9
"""Share of dead or saturated units from which a layer is effectively much smaller than the recipe says."""
GONE = 0.99
"""Share of dead units from which a layer passes on almost nothing."""
LARGE_SCORE = 50.0
"""Attention score before the softmax from which the largest weight is 1 in bfloat16 and the others learn nothing.
Healthy attention that has memorised an alignment reaches it."""
HUGE_SCORE = 500.0
"""Attention score at which bfloat16 resolves differences of 2 at best, so that neighbouring weights differ by a factor
of 7 or not at all."""


def gradient_over_depth(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Gradients that grow or shrink through the layers of a stack."""
    for stack, blocks in stacks(gradient_by_block(evidence.late(lambda look: look.gradient_norm))).items():
        first, *_, last = blocks.values()
        if max(first, last) <= FAR_APART * min(first, last) or not max(first, last):
            continue
        vanishes = first < last
        kind = Symptom.VANISHING_OVER_DEPTH if vanishes else Symptom.EXPLODING_OVER_DEPTH
        yield Finding(
            kind,
            Severity.WARNING,
            stack,
            f"The gradient {'shrinks' if vanishes else 'grows'} from {last:.3g} in the last of {len(blocks)} blocks to "
            f"{first:.3g} in the first (median norms of the later looks), so that the first blocks learn "
            f"{'next to nothing' if vanishes else 'in leaps'}.",
            {"first": first, "last": last, "blocks": len(blocks)},
            _over_depth(evidence, stack),
        )


def activation_over_depth(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Hidden states that grow or shrink through the layers of a stack."""
    for stack, blocks in stacks(activation_by_block(evidence.late(lambda look: look.activation))).items():
        first, *_, last = blocks.values()
        if max(first, last) <= FAR_APART * min(first, last) or not max(first, last):
            continue
        grows = last > first
        yield Finding(
            Symptom.GROWING_ACTIVATION if grows else Symptom.SHRINKING_ACTIVATION,
            Severity.WARNING,
            stack,
            f"What comes out of the blocks {'grows' if grows else 'shrinks'} from {first:.3g} after the first to "
            f"{last:.3g} after the last of {len(blocks)} (root mean square, median of the later looks).",
            {"first": first, "last": last, "blocks": len(blocks)},
            _over_depth(evidence, stack),
        )


def no_gradient(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Layers that receive no gradient."""
    norms = evidence.late(lambda look: look.largest_gradient_norm)
    still = in_network_order(name for name, norm in norms.items() if norm == 0)
    if not still:
        return
    everything = len(still) == len(norms)
    yield Finding(
        Symptom.NO_GRADIENT,
        Severity.GRAVE if everything else Severity.WARNING,
        "training" if everything else still[0],
        f"No gradient at all reaches {'any layer' if everything else _listed(still)} in the later looks.",
        {"layers": len(still), "of": len(norms), "names": "; ".join(still)},
        sentence(
            [
                "look whether units before them are dead or saturated, and begin anew with smaller steps: "
                + calmer_training(evidence.recipe)[0]
            ]
        ),
    )


def dead_units(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Rectified units that are 0 for every input."""
    shares = evidence.late(lambda look: look.dead)
    yield from _idle(
        evidence, shares, Symptom.DEAD_UNITS, "rectified units are 0 for every token", ("gelu", "relu", "squared_relu")
    )


def saturated_units(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Sigmoid or tanh units in their flat ends."""
    shares = evidence.late(lambda look: look.saturated)
    said = "values of sigmoid or tanh units lie in the flat ends, where no gradient passes"
    yield from _idle(evidence, shares, Symptom.SATURATED_UNITS, said, ("relu", "tanh", "sigmoid"))


def attention_scores(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Attention scores so large that the softmax becomes a hard choice, and its entropy collapses."""
    scores = evidence.late(lambda look: look.attention_logit)
    large = in_network_order(name for name, score in scores.items() if score > LARGE_SCORE)
    if not large:
        return
    worst = max(large, key=scores.__getitem__)
    decay = evidence.recipe.training.optimizer.weight_decay
    is_huge = scores[worst] > HUGE_SCORE
    advice = calmer_training(evidence.recipe, clip=False)[:1] if is_huge else []
    advice += [f"let the weights decay (training.optimizer.weight_decay = {max(0.01, 3 * decay):g}, not {decay:g})"]
    remedy = sentence([*advice, *norm_placement(evidence.recipe, worst)])
    yield Finding(
        Symptom.LARGE_ATTENTION_SCORES,
        Severity.WARNING if is_huge else Severity.NOTE,
        worst,
        f"The largest attention score before the softmax is {scores[worst]:.3g} in {worst}, and above {LARGE_SCORE:g} "
        f"in {len(large)} of {len(scores)} attentions (medians of the later looks): each looks at one place only, and "
        "cannot learn to look elsewhere.",
        {"largest": scores[worst], "attentions": len(large), "of": len(scores)},
        remedy if is_huge else f"Nothing, if the output is good. Else: {remedy[0].lower()}{remedy[1:]}",
    )


def _idle(
    evidence: StabilityEvidence, shares: Mapping[str, float], kind: Symptom, said: str, others: tuple[str, ...]
) -> Iterable[Finding]:
    """One finding on all places where more than half of the units are idle.

    Args:
        evidence: what the run recorded.
        shares: share of idle units at each place.
        kind: kind of the finding.
        said: the finding as the end of a sentence.
        others: activation function to use, and those that it may replace.
    """
    idle = in_network_order(name for name, share in shares.items() if share > IDLE)
    if not idle:
        return
    worst = max(idle, key=shares.__getitem__)
    activation, *instead_of = others
    severity = Severity.WARNING if shares[worst] > MOSTLY_IDLE else Severity.NOTE
    if kind is Symptom.DEAD_UNITS and shares[worst] > GONE:
        severity = Severity.GRAVE
    yield Finding(
        kind,
        severity,
        worst,
        f"In {worst} {shares[worst]:.1%} of the {said}; in {len(idle)} of {len(shares)} places it is more than "
        f"{IDLE:.0%} (medians of the later looks).",
        {"largest share": shares[worst], "places": len(idle), "of": len(shares), "names": "; ".join(idle)},
        sentence(
            [
                *calmer_training(evidence.recipe, clip=False)[1 if severity is Severity.NOTE else 0 : 2],
                *other_units(evidence.recipe, worst, activation, tuple(instead_of)),
            ]
        ),
    )


def _over_depth(evidence: StabilityEvidence, stack: str) -> str:
    recipe = evidence.recipe
    return sentence(
        [
            *norm_placement(recipe, stack),
            *residual_connections(recipe, stack),
            *calmer_training(recipe)[1:],
            *fewer_layers(recipe, stack),
        ]
    )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
