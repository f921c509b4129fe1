"""Label shift over each kind of classes that two profiles have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Float, Float64, Int64

from dragoman.diagnosis.shift.expectation import Expectation, weighted_mean
from dragoman.diagnosis.shift.findings import ClassShare, ClassShift
from dragoman.diagnosis.shift.settings import Settings
from dragoman.reference.profile import Classes, Profile
from dragoman.shift.gate import label_shift_gate
from dragoman.shift.label_shift import LabelShift, SharesEstimate, label_shift
from dragoman.shift.observed_shares import observed_label_shift
from dragoman.shift.softmax_classifier import cross_fitted_probabilities, fit_softmax_classifier

_NAMES: Mapping[str, str] = MappingProxyType({"output length": "output lengths", "corpus": "corpora"})
"""Plural names of kinds of classes, where they are no plurals already."""


@dataclass(frozen=True, slots=True)
class ClassesCompared:
    """Old and new classes of one kind.

    Attributes:
        found: how their shares differ.
        old: weight of each old example by its class, its new share by its old one; None if it is not known.
        new: weight of each new example by its class; None if it is not known.
    """

    found: ClassShift
    old: Float64[np.ndarray, " n"] | None = None
    new: Float64[np.ndarray, " m"] | None = None

    def explains(self, alpha: float) -> bool:
        """Whether the shares of the classes explain at level ``alpha`` that the inputs differ."""
        return self.found.differ and self.found.within is not None and self.found.within > alpha


def compared_classes(old: Profile, new: Profile, settings: Settings, *, ask: bool) -> tuple[ClassesCompared, ...]:
    """Compare the classes of each kind whose old examples are known by class.

    Args:
        old: the reference, with the features of ``new``.
        new: the new examples.
        settings: how tests are done.
        ask: whether to test, where shares differ, that the inputs within the classes are as before; where true labels
            show that they differ, it is tested in any case.
    """
    kinds = [kind for kind, classes in old.classes.items() if classes.true is not None]
    return tuple(_compared(kind, old, new, settings, ask=ask) for kind in kinds)


def _compared(kind: str, old: Profile, new: Profile, settings: Settings, *, ask: bool) -> ClassesCompared:
    before, name = old.classes[kind], _NAMES.get(kind, kind)
    after = new.classes.get(kind)
    classes = before.true
    assert classes is not None
    if after is not None and after.true is not None:
        counted = observed_label_shift(
            classes,
            after.true,
            len(before.names),
            old_documents=old.documents,
            new_documents=new.documents,
            permutations=settings.permutations,
            seed=settings.seed,
        )
        old_shares, estimate, p_value, remark = counted.old_shares, counted.estimate, counted.p_value, ""
        estimated = None
    else:
        probabilities = _probabilities(before, after, old, new, settings)
        estimated = label_shift(
            probabilities[0],
            classes,
            probabilities[1],
            names=before.names,
            old_documents=old.documents,
            new_documents=new.documents,
            permutations=settings.permutations,
            seed=settings.seed,
        )
        old_shares, p_value = estimated.old_shares, estimated.p_value
        if estimated.recommended is None:
            remark = f"The new shares of the {name} cannot be estimated: {estimated.reason}."
            return ClassesCompared(ClassShift(name, (), False, 0.0, remark=remark))
        estimate, remark = estimated.recommended, _remark(estimated)
    differ = p_value <= settings.alpha
    within, note = None, ""
    observed = p_value if estimated is None and before.probabilities is not None else None
    if differ and (ask or observed is not None):
        gate = label_shift_gate(
            old.values,
            classes,
            new.values,
            estimate.weights,
            old.features,
            old_documents=old.documents,
            new_documents=new.documents,
            permutations=settings.permutations,
            seed=settings.seed,
        )
        within, note = gate.p_value, f"{gate.reason[:1].upper()}{gate.reason[1:]}." if gate.reason else ""
        if within is not None and within <= settings.alpha and estimated is not None:
            note = "They presume that the inputs of each class are as before, which the test denies."
    accuracies = _accuracies(before, after, classes, estimate.weights, estimated)
    shift = ClassShift(
        kind=name,
        shares=_shares(before.names, old_shares, estimate),
        differ=differ,
        distance=estimate.distance(old_shares),
        observed=observed,
        within=within,
        before=accuracies[0],
        after=accuracies[1],
        remark=" ".join(part for part in (remark, note) if part),
    )
    of_new = None if after is None or after.true is None else estimate.weights[after.true]
    return ClassesCompared(shift, estimate.weights[classes], of_new)


def _probabilities(
    before: Classes, after: Classes | None, old: Profile, new: Profile, settings: Settings
) -> tuple[Float[np.ndarray, "n K"], Float[np.ndarray, "m K"]]:
    """The probability of each class for old and new examples: the model's own, else by a classifier of the features
    that never saw the example."""
    if before.probabilities is not None and after is not None and after.probabilities is not None:
        return before.probabilities, after.probabilities
    classes, size = before.true, len(before.names)
    assert classes is not None
    fitted = cross_fitted_probabilities(old.values, classes, size, documents=old.documents, seed=settings.seed)
    return fitted, fit_softmax_classifier(old.values, classes, size).probabilities(new.values)


def _shares(
    names: tuple[str, ...], old_shares: Float64[np.ndarray, " K"], estimate: SharesEstimate
) -> tuple[ClassShare, ...]:
    columns = (old_shares, estimate.shares, estimate.low, estimate.high)
    return tuple(ClassShare(name, *(float(column[place]) for column in columns)) for place, name in enumerate(names))


def _remark(estimated: LabelShift) -> str:
    """How the new shares were estimated, and the second estimate beside the first."""
    soft = estimated.soft
    condition = "" if soft is None else f", whose condition number is {soft.condition:.1f}"
    if estimated.likelihood is None:
        return f"Shares by the confusion matrix{condition}; {estimated.reason}."
    if soft is None or soft.estimate is None:
        return "Shares by maximum likelihood."
    apart = float(np.abs(soft.estimate.shares - estimated.likelihood.shares).sum()) / 2
    return (
        f"Shares by maximum likelihood; those by the confusion matrix{condition}, differ from them by "
        f"{100 * apart:.1f} % of the examples."
    )


def _accuracies(
    before: Classes,
    after: Classes | None,
    classes: Int64[np.ndarray, " n"],
    weights: Float64[np.ndarray, " K"],
    estimated: LabelShift | None,
) -> tuple[Expectation | None, Expectation | None]:
    """The accuracy on the new inputs as the model is, and with re-weighted probabilities: measured where their classes
    are known, else expected by the old examples, each weighted by its class."""
    if before.probabilities is None:
        return None, None
    if after is not None and after.true is not None and after.probabilities is not None:
        right = after.probabilities.argmax(axis=1) == after.true
        changed = (after.probabilities * weights).argmax(axis=1) == after.true
        return weighted_mean(right), weighted_mean(changed)
    calibrated = before.probabilities
    if estimated is not None and estimated.calibration is not None:
        calibrated = estimated.calibration(before.probabilities)
    by_class = weights[classes]
    if not by_class.any():
        return None, None
    right = before.probabilities.argmax(axis=1) == classes
    changed = (calibrated * weights).argmax(axis=1) == classes
    return weighted_mean(right, by_class), weighted_mean(changed, by_class)
