"""Rules on the history of a run: its losses, its gradient norms, and the size of its updates."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from dragoman.diagnosis.stability.finding import Finding, Severity, Symptom
from dragoman.diagnosis.stability.places import in_network_order
from dragoman.diagnosis.stability.read import StabilityEvidence
from dragoman.diagnosis.stability.rules.advice import calmer_training, sentence
from dragoman.training.recovery.divergence import Divergence

WINDOW = 10
"""Number of updates that a rise of the loss must last, and over which losses are averaged in sentences, so that single
mini-batches do not count."""
LEAST = 3 * WINDOW
"""Fewest updates that distinguish a trend from noise."""
ALWAYS = 0.9
"""Share of clipped late updates from which the limit, not the gradient, sets the length of each step."""
FAR_BEYOND_THE_LIMIT = 10.0
"""Ratio of norm to limit from which constant clipping is more than a matter of scale, which Adam normalises away."""
SPIKE = 10.0
"""Multiple of the running median that makes a norm a spike; mini-batches of one task rarely differ by more than a few
times."""
OFTEN = 0.01
"""Share of updates with a spike from which spikes are no accident."""
LARGE_RATIO = 0.05
"""Ratio ‖Δw‖ / ‖w‖ of an update that is too large: 0.001 is usual, and at 0.05 twenty updates rewrite a layer."""
SMALL_RATIO = 1e-6
"""Ratio ‖Δw‖ / ‖w‖ that is too small: 10,000 such updates change the weights by 1 % at most."""
_MEDIAN_OVER = 101


def blow_ups(losses: Float[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Mark the updates where a finite loss has risen far above its former level for at least 10 updates, by the
    criterion of training itself (:class:`~dragoman.training.recovery.divergence.Divergence`).

    Args:
        losses: finite loss of each of n updates, [n].

    >>> losses = np.concatenate([np.full(100, 2.0), np.full(20, 50.0)])
    >>> np.flatnonzero(blow_ups(losses))[:3]
    array([104, 105, 106])
    """
    divergence = Divergence()
    return _lasting(np.array([divergence.observe(loss) for loss in losses.tolist()], dtype=bool))


def blow_up(evidence: StabilityEvidence) -> Iterable[Finding]:
    """A loss that rises far above its former level."""
    rows = evidence.updates[np.isfinite(evidence.updates["loss"])]
    losses, numbers = rows["loss"].to_numpy(), rows["update"].to_numpy()
    blown = blow_ups(losses)
    if not blown.any():
        return
    first, last = int(np.argmax(blown)), len(blown) - 1 - int(np.argmax(blown[::-1]))
    lasting = bool(blown[-1])
    lowest = float(pd.Series(losses[: first + 1]).rolling(WINDOW).mean().min())
    highest = float(pd.Series(losses).rolling(WINDOW).mean()[blown].max())
    end = "and is still so at the end" if lasting else f"and came back by update {numbers[last] + 1:,}"
    yield Finding(
        Symptom.BLOW_UP,
        Severity.GRAVE if lasting else Severity.WARNING,
        "training",
        f"The training loss rose from {lowest:.4g} to {highest:.4g} (means over {WINDOW} updates), at first noticed at "
        f"update {numbers[first]:,}, {end}.",
        {"update": int(numbers[first]), "lowest": lowest, "highest": highest, "share of updates": float(blown.mean())},
        sentence(calmer_training(evidence.recipe)),
    )


def clipping(evidence: StabilityEvidence) -> Iterable[Finding]:
    """A limit on the gradient norm that is nearly always exceeded."""
    limit = evidence.recipe.training.optimizer.clip_norm
    norms = _norms(evidence)
    late = norms[len(norms) // 2 :]
    if not limit or len(norms) < LEAST or (late > limit).mean() <= ALWAYS:
        return
    ratio = float(np.median(late) / limit)
    yield Finding(
        Symptom.CLIPPED,
        Severity.WARNING if ratio > FAR_BEYOND_THE_LIMIT else Severity.NOTE,
        "training",
        f"{(late > limit).mean():.0%} of the updates in the second half were clipped; the gradient's norm was "
        f"{ratio:.3g} times the limit of {limit:g} (median). So all steps have the same length, near the end as well.",
        {"share clipped": float((late > limit).mean()), "norm over limit": ratio, "limit": limit},
        f"Raise the limit (training.optimizer.clip_norm = {_rounded(3 * ratio * limit)}); with Adam, which divides by "
        "the gradient's size, this is safe while the loss is calm.",
    )


def spikes(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Gradient norms far above the usual, and above what clipping allows."""
    norms = pd.Series(_norms(evidence))
    if len(norms) < LEAST:
        return
    usual = norms.rolling(_MEDIAN_OVER, min_periods=LEAST // 2).median().shift(1)
    floor = evidence.recipe.training.optimizer.clip_norm or float(norms.median())
    high = (norms > SPIKE * usual) & (norms > floor)
    if not high.any():
        return
    count, worst = int(high.sum()), float((norms / usual)[high].max())
    often = count >= 3 and count > OFTEN * len(norms)
    clipped = "They were clipped" if evidence.recipe.training.optimizer.clip_norm else "Nothing clipped them"
    yield Finding(
        Symptom.SPIKES,
        Severity.WARNING if often else Severity.NOTE,
        "training",
        f"At {count:,} of {len(norms):,} updates the gradient's norm was more than {SPIKE:g} times its running median, "
        f"at the most {worst:,.0f} times. {clipped}.",
        {"spikes": count, "share": count / len(norms), "largest over median": worst},
        f"{sentence(calmer_training(evidence.recipe)) if often else 'Nothing, while they are few.'} "
        "Look for lines unlike the others (`dragoman clean`).",
    )


def update_ratio(evidence: StabilityEvidence) -> Iterable[Finding]:
    """Updates that are too large or too small for the weights that they change."""
    begin = max(evidence.recipe.training.warmup_updates, 1)
    looks = [look.update_ratio for look in evidence.looks if look.update > begin]
    if len(looks) < 2:
        return
    middle = pd.DataFrame(looks).median().dropna()
    large = in_network_order(str(name) for name in middle.index[middle > LARGE_RATIO])
    rate = evidence.recipe.training.optimizer.learning_rate
    if large:
        worst = max(large, key=lambda name: float(middle[name]))
        yield Finding(
            Symptom.LARGE_UPDATES,
            Severity.WARNING,
            worst,
            f"After the warm-up, an update changes {len(large)} of {len(middle)} layers by more than {LARGE_RATIO:.0%} "
            f"(median over the looks); most of all {worst}, by {middle[worst]:.1%}.",
            {"layers": len(large), "of": len(middle), "largest": float(middle[worst])},
            sentence(calmer_training(evidence.recipe, clip=False)[:1]),
        )
    if len(middle) and float(middle.median()) < SMALL_RATIO:
        yield Finding(
            Symptom.SMALL_UPDATES,
            Severity.WARNING,
            "training",
            f"An update changes the middle layer by {float(middle.median()):.1e} of its weights (median over the "
            "looks): they hardly move.",
            {"median": float(middle.median()), "learning rate": rate},
            f"Raise the learning rate (training.optimizer.learning_rate = {_rounded(10 * rate)} instead of {rate:g}).",
        )


def _lasting(marks: Bool[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Keep the marks that stand in a row of 10 or more."""
    rows = pd.Series(marks).ne(pd.Series(marks).shift()).cumsum()
    return marks & (rows.groupby(rows).transform("size") >= WINDOW).to_numpy()


def _norms(evidence: StabilityEvidence) -> Float[np.ndarray, " n"]:
    norms = evidence.updates["gradient_norm"].to_numpy()
    return norms[np.isfinite(norms)]


def _rounded(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"
