"""Label shift: the classes are more or less frequent than before, while the inputs of each class are as they were.

Two estimates of the new shares stand beside each other. Maximum likelihood (:mod:`expectation_maximisation`) wastes
least, but trusts the calibrated probabilities (Garg et al. 2020 compare both); the confusion matrix
(:mod:`black_box_shift`) needs no calibration. Neither can tell whether the shift is a label shift at all: that is what
:mod:`gate` is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int

from dragoman.shift.black_box_shift import confusion_by_column, one_hot, solved_shares
from dragoman.shift.documents import numbered, resampling_counts
from dragoman.shift.expectation_maximisation import MaximumLikelihood, maximum_likelihood_shares
from dragoman.shift.label_calibration import (
    LabelCalibration,
    calibration_hessian,
    calibration_scores,
    fit_label_calibration,
    logarithms,
)
from dragoman.shift.permutations import PERMUTATIONS, SEED
from dragoman.shift.shares_test import shares_test

FEWEST_EXAMPLES = 50
"""Fewest old, and fewest new, examples. The standard error of a share is then at most 0.07."""
FEWEST_FOR_A_CLASS = 5
"""Fewest old, and fewest new, examples for each class on average."""
RESAMPLES = 200
"""Number of resamples for the intervals."""
LEVEL = 0.95
"""Coverage of the intervals."""
_ROUGH = 1e-4
"""Largest gap, in nats, of the likelihood in a resample, which is far less than chance moves it."""


@dataclass(frozen=True, slots=True)
class SharesEstimate:
    """The new shares of the classes by one method.

    Attributes:
        shares: new share q of each class; they sum to 1.
        low: lower end of the 95 % interval of each share.
        high: upper end of the 95 % interval of each share.
        weights: weight of each class, its new share by its old one, q(y) / p(y).
    """

    shares: Float64[np.ndarray, " K"]
    low: Float64[np.ndarray, " K"]
    high: Float64[np.ndarray, " K"]
    weights: Float64[np.ndarray, " K"]

    def distance(self, old_shares: Float64[np.ndarray, " K"]) -> float:
        """The total variation between the new shares and the old ones, 0 to 1: the share of examples that would have to
        change their class."""
        return float(np.abs(self.shares - old_shares).sum()) / 2


@dataclass(frozen=True, slots=True)
class BlackBoxShift:
    """The new shares of the classes from a confusion matrix.

    Attributes:
        confusion: mean prediction of each class (row) among the examples of each true class (column); columns sum to 1.
        condition: condition number of the matrix in the spectral norm: how much noise may be amplified. It is infinite
            if the matrix has no inverse.
        estimate: the estimate; None if the matrix is ill-conditioned.
    """

    confusion: Float64[np.ndarray, "K K"]
    condition: float
    estimate: SharesEstimate | None


@dataclass(frozen=True, slots=True)
class LabelShift:
    """How the shares of classes have shifted, if p(x | y) is unchanged.

    Attributes:
        old_shares: share of each class among the old examples.
        p_value: p-value of "the shares are the old ones".
        calibration: calibration that the likelihood and the re-weighting of probabilities rest on; None if all abstain.
        likelihood: estimate of maximum likelihood; None if it abstains.
        hard: estimate from the confusion matrix of predicted classes; None if all abstain.
        soft: estimate from the matrix of mean probabilities; None if all abstain.
        reason: sentence that says why there is no estimate, or none of maximum likelihood; empty if there is.
        old: number of old examples.
        new: number of new examples.
    """

    old_shares: Float64[np.ndarray, " K"]
    p_value: float
    calibration: LabelCalibration | None
    likelihood: SharesEstimate | None
    hard: BlackBoxShift | None
    soft: BlackBoxShift | None
    reason: str
    old: int
    new: int

    @property
    def recommended(self) -> SharesEstimate | None:
        """The estimate to go by: that of maximum likelihood, else that of mean probabilities, else that of predicted
        classes; None if all abstain."""
        if self.likelihood is not None:
            return self.likelihood
        return next((each.estimate for each in (self.soft, self.hard) if each and each.estimate), None)

    @property
    def weights(self) -> Float64[np.ndarray, " K"] | None:
        """Weight q(y) / p(y) of each class by the recommended estimate; None if all abstain."""
        return None if self.recommended is None else self.recommended.weights


def label_shift(
    old_probabilities: Float[np.ndarray, "n K"],
    old_classes: Int[np.ndarray, " n"],
    new_probabilities: Float[np.ndarray, "m K"],
    *,
    names: Sequence[str] = (),
    old_documents: Int[np.ndarray, " n"] | None = None,
    new_documents: Int[np.ndarray, " m"] | None = None,
    permutations: int = PERMUTATIONS,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> LabelShift:
    """Estimate the shares of K classes among new examples whose classes are not known.

    >>> draws = np.random.default_rng(1)
    >>> old, new = draws.integers(0, 2, 400), (draws.random(400) < 0.9).astype(int)
    >>> def probabilities(classes):
    ...     evidence = draws.normal(2.0 * classes - 1, 1)
    ...     return np.stack([1 / (1 + np.exp(2 * evidence)), 1 / (1 + np.exp(-2 * evidence))], axis=1)
    >>> found = label_shift(probabilities(old), old, probabilities(new))
    >>> found.p_value, found.likelihood.shares.round(1)
    (0.001, array([0.1, 0.9]))

    Args:
        old_probabilities: probabilities that a classifier gives to n old examples, which it was not trained on.
        old_classes: true class of each old example, from 0 to K − 1.
        new_probabilities: probabilities that it gives to m new examples.
        names: names of the classes, for sentences; numbers by default.
        old_documents: document of each old example, by any number; whole documents are permuted and resampled.
        new_documents: document of each new example, by any number.
        permutations: number of permutations behind the p-value.
        resamples: number of resamples behind the intervals.
        seed: seed of all draws.

    Returns:
        the estimates, or the reason why there are none: too few examples, a class without old examples, or a matrix
        that is ill-conditioned. The bound of the condition number is √min(n, m). A share that is measured on n examples
        has a standard error of up to 1 / (2 √n), which solving for the new shares multiplies by up to the condition
        number; beyond the bound the error may be as large as one half of all examples.
    """
    size = old_probabilities.shape[1]
    counts = np.bincount(old_classes, minlength=size)
    p_value = shares_test(
        old_probabilities,
        new_probabilities,
        old_documents=old_documents,
        new_documents=new_documents,
        permutations=permutations,
        seed=seed,
    )
    reason = _too_little(counts, len(new_probabilities), names or [f"number {number}" for number in range(size)])
    old_shares = counts / counts.sum()
    if reason:
        return LabelShift(
            old_shares, p_value, None, None, None, None, reason, len(old_probabilities), len(new_probabilities)
        )
    generator = np.random.default_rng([seed, 1])
    documents = numbered(new_documents, len(new_probabilities))
    draws = _Draws(
        old_classes,
        resampling_counts(numbered(old_documents, len(old_probabilities)), resamples, generator),
        resampling_counts(documents, resamples, generator),
        int(documents.max()) + 1,
    )
    hard = _black_box(one_hot(old_probabilities), one_hot(new_probabilities), draws)
    soft = _black_box(old_probabilities.astype(np.float64), new_probabilities.astype(np.float64), draws)
    calibration = fit_label_calibration(old_probabilities, old_classes)
    likelihood = None
    if soft.estimate is None:
        reason = (
            f"the classifier confuses the classes too much: the condition number of its confusion matrix is "
            f"{soft.condition:,.0f}, and of {draws.smallest:,} examples at most {draws.bound:.0f} is allowed"
        )
    else:
        found = maximum_likelihood_shares(calibration(new_probabilities), calibration(old_probabilities).mean(axis=0))
        if found.converged:
            likelihood = _likelihood(found, old_probabilities, new_probabilities, calibration, draws)
        else:
            reason = (
                f"maximum likelihood did not converge: after {found.steps:,} steps the likelihood may be "
                f"{found.gap:.1g} nats an example below the highest one"
            )
    return LabelShift(
        old_shares,
        p_value,
        calibration,
        likelihood,
        hard,
        soft,
        reason,
        len(old_probabilities),
        len(new_probabilities),
    )


@dataclass(frozen=True, slots=True)
class _Draws:
    """How much each example counts in each resample, and how many new ones are independent."""

    classes: Int[np.ndarray, " n"]
    old: Float64[np.ndarray, "B n"]
    new: Float64[np.ndarray, "B m"]
    independent: int

    @property
    def smallest(self) -> int:
        return min(self.old.shape[1], self.new.shape[1])

    @property
    def bound(self) -> float:
        """The largest condition number that is allowed."""
        return float(np.sqrt(self.smallest))


def _too_little(counts: Int[np.ndarray, " K"], new: int, names: Sequence[str]) -> str:
    """Why the samples do not suffice; empty if they do."""
    fewest = max(FEWEST_EXAMPLES, FEWEST_FOR_A_CLASS * len(counts))
    for side, count in (("old", int(counts.sum())), ("new", new)):
        if count < fewest:
            return (
                f"there are {count:,} {side} examples, too few to estimate the shares of {len(counts)} classes; "
                f"{fewest:,} would do"
            )
    if not counts.all():
        absent = [name for name, count in zip(names, counts.tolist(), strict=True) if not count]
        more = f" and {len(absent) - 1} more have" if len(absent) > 1 else " has"
        return f"class {absent[0]}{more} no example among the old ones, so nobody can know how they look to the model"
    return ""


def _black_box(old: Float64[np.ndarray, "n K"], new: Float64[np.ndarray, "m K"], draws: _Draws) -> BlackBoxShift:
    confusion = confusion_by_column(old, draws.classes)
    condition = float(np.linalg.cond(confusion))
    if not condition <= draws.bound:
        return BlackBoxShift(confusion, condition, None)
    size = old.shape[1]
    of_class = np.zeros(old.shape)
    of_class[np.arange(len(old)), draws.classes] = 1
    shares = solved_shares(confusion, new.mean(axis=0))
    resampled = np.empty((len(draws.old), size))
    for row, (old_counts, new_counts) in enumerate(zip(draws.old, draws.new, strict=True)):
        counted = of_class * old_counts[:, None]
        resampled[row] = solved_shares(old.T @ (counted / counted.sum(axis=0)), new_counts @ new / new_counts.sum())
    return BlackBoxShift(
        confusion,
        condition,
        estimate_of(shares, resampled, shares / of_class.mean(axis=0), independent=draws.independent),
    )


def _likelihood(
    found: MaximumLikelihood,
    old_probabilities: Float[np.ndarray, "n K"],
    new_probabilities: Float[np.ndarray, "m K"],
    calibration: LabelCalibration,
    draws: _Draws,
) -> SharesEstimate:
    """The interval: in each resample the calibration takes one Newton step from the one that was fitted, which is as
    exact as the bootstrap is, and the shares are found anew."""
    old, new = logarithms(old_probabilities), logarithms(new_probabilities)
    scores = calibration_scores(calibration, old, draws.classes)
    steps = np.linalg.solve(calibration_hessian(calibration, old), scores.T @ (draws.old - 1).T).T
    # From shares of exactly 0, expectation maximisation would not move.
    start = 0.98 * found.shares + 0.02 / len(found.shares)
    resampled = np.empty((len(steps), len(found.shares)))
    for row, step in enumerate(steps):
        moved = LabelCalibration(max(calibration.slope - float(step[0]), 0.0), calibration.biases - step[1:])
        old_shares = draws.old[row] @ moved.of_logarithms(old) / len(old)
        resampled[row] = maximum_likelihood_shares(
            moved.of_logarithms(new), old_shares, start=start, counts=draws.new[row], tolerance=_ROUGH
        ).shares
    weights = found.shares / calibration.of_logarithms(old).mean(axis=0)
    return estimate_of(found.shares, resampled, weights, independent=draws.independent)


def estimate_of(
    shares: Float64[np.ndarray, " K"],
    resampled: Float64[np.ndarray, "B K"],
    weights: Float64[np.ndarray, " K"],
    *,
    independent: int,
) -> SharesEstimate:
    """An estimate with the percentile interval of its resamples.

    Resamples hold nothing that the sample does not. A class of share s is absent from D independent examples with
    probability (1 − s)^D, so no upper end is below the share s at which this is 2.5 %, and where the estimate is below
    it, the lower end is 0.

    >>> found = estimate_of(np.array([0.0, 1.0]), np.array([[0.0, 1.0]]), np.array([0.0, 2.0]), independent=100)
    >>> found.high.round(3), found.low
    (array([0.036, 1.   ]), array([0., 1.]))

    Args:
        shares: shares of the K classes.
        resampled: shares in each of B resamples.
        weights: weight of each class.
        independent: number D of independent new examples, or documents.
    """
    outside = (1 - LEVEL) / 2
    low, high = np.quantile(resampled, [outside, 1 - outside], axis=0)
    unseen = 1 - outside ** (1 / independent)
    return SharesEstimate(
        shares,
        np.where(shares < unseen, 0.0, np.minimum(low, shares)),
        np.maximum(high, np.maximum(shares, unseen)),
        weights,
    )
