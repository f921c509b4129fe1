"""From two profiles to what sets them apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from dragoman.diagnosis.shift.classes import compared_classes
from dragoman.diagnosis.shift.expectation import weighted_mean
from dragoman.diagnosis.shift.findings import (
    Distributions,
    ExpectedResults,
    FeatureShift,
    Findings,
    ForeignInput,
    InputShift,
    OutputShift,
    Sample,
)
from dragoman.diagnosis.shift.language import OtherLanguage
from dragoman.diagnosis.shift.likeness import Likeness, likeness_of
from dragoman.diagnosis.shift.sentences import UNTOLD
from dragoman.diagnosis.shift.settings import Settings
from dragoman.diagnosis.shift.verdict import ShiftNumbers
from dragoman.reference.profile import Profile
from dragoman.shift.concept import Outcomes, concept_shift
from dragoman.shift.covariate import CovariateShift, covariate_shift
from dragoman.shift.importance_weights import importance_weights
from dragoman.shift.power import Power, estimated_power

MOST_FOREIGN = 10
_LONGEST = 120
_DRAWN = 6
_MOST_RESIDUALS = 20
"""Most labels whose residuals are tested; with more, each would have to differ much."""
_SEEN = 2.49
"""Standard errors between no shift and one that is found with a probability of 80 % at α = 0.05: 1.645 + 0.842."""


def examine(
    old: Profile,
    new: Profile,
    settings: Settings,
    *,
    samples: tuple[Sample, Sample],
    numbers: Int64[np.ndarray, " m"],
    unit: str,
    generative: bool = False,
    language: OtherLanguage | None = None,
    remarks: Sequence[str] = (),
) -> tuple[Findings, ShiftNumbers]:
    """Test and measure in what new examples differ from old ones.

    Args:
        old: the reference.
        new: the new examples, with the same features.
        settings: how tests are done.
        samples: what is said of both.
        numbers: number of each new example among those that were given, from 0.
        unit: unit of the loss.
        generative: whether the model predicts its inputs, so that nothing follows from these.
        language: language of the new texts, if it is another one than the model's.
        remarks: sentences on how the samples were made.

    Raises:
        InputError: if a sample is too small.
    """
    covariate = covariate_shift(
        old.values,
        new.values,
        old.features,
        old_documents=old.documents,
        new_documents=new.documents,
        permutations=settings.permutations,
        seed=settings.seed,
    )
    shifted = covariate.p_value <= settings.alpha
    power = None
    if shifted:
        power = estimated_power(
            old.values,
            new.values,
            old_documents=old.documents,
            new_documents=new.documents,
            level=settings.alpha,
            seed=settings.seed,
        )
    classes = compared_classes(old, new, settings, ask=shifted)
    likeness = likeness_of(old, new, classes, settings, shifted=shifted)
    outputs, untold = _outputs(old, new, likeness, settings, generative=generative)
    findings = Findings(
        old=samples[0],
        new=samples[1],
        inputs=_inputs(covariate, power, new, numbers),
        classes=tuple(each.found for each in classes),
        outputs=outputs,
        untold=untold,
        expected=_expected(old, new, likeness, unit),
        language=language,
        distributions=_distributions(covariate, old, new),
        remarks=(
            *remarks,
            *covariate.notes,
            *(() if power is None else (f"Power: {power.note[:1].lower()}{power.note[1:]}",)),
        ),
    )
    explanation = findings.explanation
    return findings, ShiftNumbers(
        inputs=covariate.p_value,
        shares=next((each.observed for each in findings.classes if each.observed is not None), None),
        within_classes=None if explanation is None else explanation.within,
        shares_differ=explanation is not None,
        outputs=None if outputs is None else outputs.p_value,
    )


def _inputs(
    covariate: CovariateShift, power: Power | None, new: Profile, numbers: Int64[np.ndarray, " m"]
) -> InputShift:
    return InputShift(
        p_value=covariate.p_value,
        tests={
            "classifier": covariate.classifier_p,
            "maximum mean discrepancy": covariate.discrepancy_p,
            "single features (Kolmogorov–Smirnov)": covariate.features_p,
        },
        auc=covariate.area,
        power=None if power is None else power.seen,
        power_of_half=None if power is None else power.half,
        detectable=_detectable(covariate),
        features=tuple(
            FeatureShift(one.name, one.old_mean, one.new_mean, one.statistic, one.holm)
            for one in covariate.most_different
        ),
        foreign=_foreign(covariate, new, numbers),
    )


def _detectable(covariate: CovariateShift) -> float:
    """The area under the curve below which even a classifier that is known beforehand would be found significant in
    less than 80 % of samples (Mann & Whitney 1947: its variance without a shift)."""
    old = covariate.old_documents or covariate.old
    new = covariate.new_documents or covariate.new
    return min(0.5 + _SEEN * math.sqrt((old + new + 1) / (12 * old * new)), 1.0)


def _foreign(covariate: CovariateShift, new: Profile, numbers: Int64[np.ndarray, " m"]) -> tuple[ForeignInput, ...]:
    """The new inputs that are the most unlike the old ones, as if there were as many old ones as new ones."""
    found = []
    correction = math.log(covariate.new / covariate.old)
    for place in covariate.most_foreign[:MOST_FOREIGN].tolist():
        text = "" if new.inputs is None else " ".join(new.inputs[place].split())
        shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
        score = 1 / (1 + math.exp(min(correction - float(covariate.scores[place]), 700.0)))
        found.append(ForeignInput(int(numbers[place]) + 1, shown, score))
    return tuple(found)


def _outputs(
    old: Profile, new: Profile, likeness: Likeness, settings: Settings, *, generative: bool
) -> tuple[OutputShift | None, str]:
    """How much the outputs of like inputs differ, or why it cannot be told."""
    if generative:
        return None, "a language model reads no input, so every shift is one of the text that it predicts"
    if new.losses is None:
        return None, UNTOLD
    if old.losses is None:
        return None, "cannot be told, since the reference has no true outputs"
    names, residuals = _residuals(old, new)
    sides = zip((old, new), (likeness.old, likeness.new), residuals, strict=True)
    found = concept_shift(
        *(
            Outcomes(side.losses, log_ratios, side.values, residual, side.documents)
            for side, log_ratios, residual in sides
            if side.losses is not None
        ),
        residual_names=names,
        permutations=settings.permutations,
        seed=settings.seed,
    )
    if found.p_value is None or found.effect is None or found.low is None or found.high is None:
        return None, f"cannot be told: {found.reason}"
    least = min(found.residuals, key=lambda residual: residual.p_value, default=None)
    differs = least is not None and found.loss_p is not None and least.p_value < found.loss_p
    return OutputShift(
        p_value=found.p_value,
        gap=found.effect,
        low=found.low,
        high=found.high,
        new=float(new.losses.mean(dtype=np.float64)),
        alike=likeness.phrase,
        pairs=found.pairs,
        residual=least.name if least is not None and differs else "",
        residual_effect=least.effect if least is not None and differs else 0.0,
    ), ""


def _residuals(
    old: Profile, new: Profile
) -> tuple[tuple[str, ...], tuple[Float64[np.ndarray, "n r"] | None, Float64[np.ndarray, "m r"] | None]]:
    """Numbers that depend on the true output beside the loss: prediction less truth, and for each label whether it is
    the true one less its probability."""
    if old.residuals is not None and new.residuals is not None:
        return ("prediction less truth",), tuple(  # type: ignore[return-value]  # There are two.
            residuals[:, None].astype(np.float64) for residuals in (old.residuals, new.residuals)
        )
    for kind, before in old.classes.items():
        after = new.classes.get(kind)
        sides = [
            np.eye(len(classes.names))[classes.true] - classes.probabilities
            for classes in (before, after)
            if classes is not None and classes.true is not None and classes.probabilities is not None
        ]
        if len(sides) == 2 and len(before.names) <= _MOST_RESIDUALS:
            return tuple(f"the share of {name} less its probability" for name in before.names), (sides[0], sides[1])
    return (), (None, None)


def _expected(old: Profile, new: Profile, likeness: Likeness, unit: str) -> ExpectedResults:
    weights = importance_weights(likeness.old, lowest_share=0.0).values
    old_loss = new_loss = old_accuracy = new_accuracy = None
    if old.losses is not None:
        old_loss = weighted_mean(old.losses)
        new_loss = weighted_mean(old.losses, weights, coverage=likeness.coverage)
    if new.losses is not None:
        new_loss = weighted_mean(new.losses)
    right = _right(old)
    if right is not None:
        old_accuracy, new_accuracy = weighted_mean(right), weighted_mean(right, weights, coverage=likeness.coverage)
        measured = _right(new)
        if measured is not None:
            new_accuracy = weighted_mean(measured)
    return ExpectedResults(unit, new.losses is not None, old_loss, new_loss, old_accuracy, new_accuracy)


def _right(profile: Profile) -> Float64[np.ndarray, " n"] | None:
    """Whether each example's label is predicted rightly; None if labels are not predicted, or not known."""
    for classes in profile.classes.values():
        if classes.true is not None and classes.probabilities is not None:
            return (classes.probabilities.argmax(axis=1) == classes.true).astype(np.float64)
    return None


def _distributions(covariate: CovariateShift, old: Profile, new: Profile) -> tuple[Distributions, ...]:
    names = [feature.name for feature in covariate.most_different[:_DRAWN]]
    places = [old.features.index(name) for name in names]
    return tuple(
        Distributions(name, old.values[:, place], new.values[:, place])
        for name, place in zip(names, places, strict=True)
    )
