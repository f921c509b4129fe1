"""From two profiles to what sets them apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from dragoman.diagnosis.shift.classes import ClassesCompared, compared_classes
from dragoman.diagnosis.shift.expectation import weighted_mean
from dragoman.diagnosis.shift.findings import (
    ClassShift,
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
from dragoman.diagnosis.shift.sentences import UNTOLD
from dragoman.diagnosis.shift.settings import Settings
from dragoman.diagnosis.shift.verdict import ShiftNumbers
from dragoman.reference.profile import Profile
from dragoman.shift.covariate import CovariateShift, covariate_shift
from dragoman.shift.density_ratio import density_ratio
from dragoman.shift.importance_weights import LOWEST_SHARE, importance_weights
from dragoman.shift.power import Power, estimated_power

MOST_FOREIGN = 10
_LONGEST = 120
_DRAWN = 6
_SEEN = 2.49
"""Standard errors between no shift and one that is found with a probability of 80 % at α = 0.05: 1.645 + 0.842."""


@dataclass(frozen=True, slots=True)
class Weighting:
    """Old examples that are weighted so that they are like the new ones.

    Attributes:
        weights: weight of each example.
        phrase: how they are weighted, as it follows "old examples".
        share: share of the examples that they are worth.
    """

    weights: Float64[np.ndarray, " n"]
    phrase: str
    share: float = 1.0


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
    power = estimated_power(
        old.values,
        new.values,
        old_documents=old.documents,
        new_documents=new.documents,
        level=settings.alpha,
        seed=settings.seed,
    )
    classes = compared_classes(old, new, settings, ask=shifted)
    weighting = _weighting(old, new, classes, settings, shifted=shifted)
    outputs, untold = _outputs(old, new, weighting, settings, generative=generative)
    findings = Findings(
        old=samples[0],
        new=samples[1],
        inputs=_inputs(covariate, power, new, numbers),
        classes=tuple(each.found for each in classes),
        outputs=outputs,
        untold=untold,
        expected=_expected(old, new, weighting, unit, generative=generative),
        language=language,
        distributions=_distributions(covariate, old, new),
        remarks=(*remarks, *covariate.notes, *power.notes),
    )
    explanation = findings.explanation
    return findings, ShiftNumbers(
        inputs=covariate.p_value,
        within_classes=None if explanation is None else explanation.within,
        shares_differ=explanation is not None,
        outputs=None if outputs is None else outputs.p_value,
    )


def _inputs(covariate: CovariateShift, power: Power, new: Profile, numbers: Int64[np.ndarray, " m"]) -> InputShift:
    return InputShift(
        p_value=covariate.p_value,
        tests={
            "classifier": covariate.classifier_p,
            "maximum mean discrepancy": covariate.discrepancy_p,
            "single features (Kolmogorov–Smirnov)": covariate.features_p,
        },
        auc=covariate.area,
        power=power.seen,
        power_of_half=power.half,
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


def _weighting(
    old: Profile, new: Profile, compared: Sequence[ClassesCompared], settings: Settings, *, shifted: bool
) -> Weighting:
    """Old examples made like the new ones: as they are where the inputs do not differ; by the shares of their classes
    where these explain the difference; else by the ratio of densities."""
    if not shifted:
        return Weighting(np.ones(len(old)), "as they are, since the inputs were not found to differ")
    explaining = [each for each in compared if each.weights is not None and _explains(each.found, settings)]
    if explaining:
        chosen = max(explaining, key=lambda each: each.found.within or 0.0)
        weights = chosen.weights
        if weights is not None and weights.any():
            share = float(weights.sum() ** 2 / (np.square(weights).sum() * len(weights)))
            return Weighting(weights / weights.mean(), f"with the new shares of the {chosen.found.kind}", share)
    ratio = density_ratio(old.values, new.values, documents=_pooled(old, new), seed=settings.seed)
    found = importance_weights(ratio.old, lowest_share=0.0)
    return Weighting(found.values, "that are weighted to be like the new inputs", found.effective_share)


def _explains(classes: ClassShift, settings: Settings) -> bool:
    return classes.differ and classes.within is not None and classes.within > settings.alpha


def _pooled(old: Profile, new: Profile) -> Int64[np.ndarray, " N"] | None:
    """The document of each old and then of each new example; those of a side that has none are documents each."""
    if old.documents is None and new.documents is None:
        return None
    first = np.arange(len(old)) if old.documents is None else old.documents
    second = np.arange(len(new)) if new.documents is None else new.documents
    return np.concatenate([first, second + first.max() + 1]).astype(np.int64)


def _outputs(
    old: Profile, new: Profile, weighting: Weighting, settings: Settings, *, generative: bool
) -> tuple[OutputShift | None, str]:
    """How much the outputs of like inputs differ, or why it cannot be told."""
    if generative:
        return None, "a language model reads no input, so every shift is one of the text that it predicts"
    if new.losses is None:
        return None, UNTOLD
    if old.losses is None:
        return None, "cannot be told, since the reference has no true outputs"
    if weighting.share < LOWEST_SHARE:
        return None, (
            f"cannot be told, since the new inputs lie where there are hardly any old ones: these count as "
            f"{weighting.share * len(old):,.0f} of {len(old):,}"
        )
    raise NotImplementedError


def _expected(old: Profile, new: Profile, weighting: Weighting, unit: str, *, generative: bool) -> ExpectedResults:
    old_loss = new_loss = old_accuracy = new_accuracy = None
    if old.losses is not None:
        old_loss = weighted_mean(old.losses)
        new_loss = weighted_mean(old.losses, weighting.weights)
    if new.losses is not None:
        new_loss = weighted_mean(new.losses)
    right = _right(old)
    if right is not None:
        old_accuracy, new_accuracy = weighted_mean(right), weighted_mean(right, weighting.weights)
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
