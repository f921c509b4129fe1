"""Covariate shift: are the new inputs distributed as the old ones? Three tests, one answer.

The classifier test sees what a linear rule can tell apart, the maximum mean discrepancy also differences of spread and
of form, the Kolmogorov–Smirnov test differences of single features. All are computed under the same assignments of who
is new, so their smallest p-value, which is the answer, is calibrated as well: its size is exact, however the tests
depend on each other (Westfall & Young 1993).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64

from dragoman.errors import InputError
from dragoman.shift.classifier_test import classifier_test, folds_of
from dragoman.shift.holm import holm
from dragoman.shift.kolmogorov_smirnov import kolmogorov_smirnov
from dragoman.shift.mean_discrepancy import MEDIAN, mean_discrepancies
from dragoman.shift.permutations import PERMUTATIONS, SEED, memberships, p_value, p_values

FEWEST_EXAMPLES = 20
"""Fewer old or new examples are refused."""
FEWEST_DOCUMENTS = 6
"""Fewer old or new documents are refused: six of twelve can be chosen in 924 ways, so p-values reach 0.001."""
MOST_EXAMPLES = 5000
"""Where there are more old or new examples, so many are drawn, which bounds time and memory."""
_STREAM = 0xC0_FFEE
"""Makes these draws independent of the permutations, which have the same seed."""


@dataclass(frozen=True, slots=True)
class FeatureShift:
    """How one feature differs.

    Attributes:
        name: the feature.
        statistic: Kolmogorov–Smirnov statistic, 0 to 1.
        p_value: the statistic's p-value among the permutations.
        holm: the p-value after Holm's correction for the number of features.
        old_mean: mean of the old examples, in the feature's units.
        new_mean: mean of the new examples, in the feature's units.
        difference: ``new_mean − old_mean`` in standard deviations of the pooled examples.
    """

    name: str
    statistic: float
    p_value: float
    holm: float
    old_mean: float
    new_mean: float
    difference: float


@dataclass(frozen=True, slots=True)
class CovariateShift:
    """Whether new inputs are distributed as the old ones.

    Attributes:
        p_value: probability that the smallest of the three tests' p-values would be as small without a shift.
        area: effect size: area under the ROC curve of a classifier that tells new examples from old ones, out of fold;
            0.5 where it cannot, 1 where it always can.
        classifier_p: p-value of the classifier test.
        discrepancy: unbiased estimate of MMD² with the median distance as the kernel's width; about 0 without a shift.
        discrepancy_p: p-value of the largest maximum mean discrepancy of all widths.
        features_p: p-value of the largest Kolmogorov–Smirnov statistic of all features.
        features: the tests of single features, in the order given, without constant ones.
        scores: log-odds of being new of each new example given, by classifiers that were fitted without it: the largest
            are the most foreign.
        old: number of old examples that were tested.
        new: number of new examples that were tested.
        old_documents: number of old documents that were permuted, or None where examples were.
        new_documents: number of new documents that were permuted, or None where examples were.
        permutations: number of permutations behind each p-value.
        seed: seed of all draws.
        notes: what a reader must know of how the tests were made, one sentence each.
    """

    p_value: float
    area: float
    classifier_p: float
    discrepancy: float
    discrepancy_p: float
    features_p: float
    features: tuple[FeatureShift, ...]
    scores: Float32[np.ndarray, " m"]
    old: int
    new: int
    old_documents: int | None
    new_documents: int | None
    permutations: int
    seed: int
    notes: tuple[str, ...]

    @property
    def most_foreign(self) -> Int64[np.ndarray, " m"]:
        """The new examples, by number from 0, the most foreign one first."""
        return np.argsort(-self.scores, kind="stable")

    @property
    def most_different(self) -> tuple[FeatureShift, ...]:
        """The features, the most different one first."""
        return tuple(sorted(self.features, key=lambda feature: -feature.statistic))


def covariate_shift(
    old: Float[np.ndarray, "n d"],
    new: Float[np.ndarray, "m d"],
    names: Sequence[str],
    *,
    old_documents: Int64[np.ndarray, " n"] | None = None,
    new_documents: Int64[np.ndarray, " m"] | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> CovariateShift:
    """Test whether new examples are distributed as the old ones.

    Sentences of one document resemble each other, so they must not be permuted one by one. If the documents of both
    sides are known, whole documents are permuted, which assumes that documents are drawn independently, their numbers
    of examples included. If they are known of one side only, one example of each document is drawn there, which assumes
    that the other side's examples are independent of each other, as if each came from a document of its own.

    Args:
        old: d features of n examples of the training distribution, in any units.
        new: the same features of m new examples.
        names: the features' names.
        old_documents: the document of each old example, by any number.
        new_documents: the document of each new example, by any number, which need not differ from those of old ones.
        permutations: number of permutations; the smallest p-value is 1 / (permutations + 1).
        seed: seed of all draws.

    Raises:
        InputError: if there are too few examples or documents, a value is not finite, or all features are constant.

    >>> draws = np.random.default_rng(1)
    >>> shift = covariate_shift(draws.normal(0, 1, (100, 3)), draws.normal([0, 0, 1], 1, (50, 3)), ["a", "b", "c"])
    >>> shift.p_value, shift.most_different[0].name
    (0.001, 'c')
    """
    _check(old, new, names)
    generator = np.random.default_rng([seed, _STREAM])
    old_sample = _sample("old", len(old), old_documents, new_documents is not None, generator)
    new_sample = _sample("new", len(new), new_documents, old_documents is not None, generator)
    values = np.concatenate([old[old_sample.rows], new[new_sample.rows]]).astype(np.float64)
    units = _units(old_sample, new_sample)
    members = memberships(len(old_sample.rows), len(new_sample.rows), permutations, seed, documents=units)
    # A random order, so that nothing that goes by order (equal scores, the kernel's width) depends on who is new.
    order = generator.permutation(len(values))
    values, units, members = values[order], units[order], members[:, order]
    centre, spread = values.mean(axis=0), values.std(axis=0)
    varies = spread > 1e-6 * np.maximum(np.abs(centre), 1e-6)
    if not varies.any():
        raise InputError(
            "every feature has the same value in all examples, so there is nothing to compare",
            remedy="give features that vary.",
        )
    standard = ((values - centre) / np.where(varies, spread, 1))[:, varies].astype(np.float32)
    folds = folds_of(units, generator)
    classified = classifier_test(standard, members, folds)
    discrepancies = mean_discrepancies(standard, members)
    distances = kolmogorov_smirnov(standard, members)
    tests = np.stack([classified.areas, _largest(discrepancies), _largest(distances)], axis=1)
    of_all = p_values(tests)
    kept = [name for name, kept in zip(names, varies, strict=True) if kept]
    constant = [name for name, kept in zip(names, varies, strict=True) if not kept]
    scores = _scores(
        ((new - centre) / np.where(varies, spread, 1))[:, varies].astype(np.float32), classified.coefficients
    )
    tested = order >= len(old_sample.rows)
    scores[new_sample.rows[order[tested] - len(old_sample.rows)]] = classified.scores[tested]
    return CovariateShift(
        p_value=p_value(-of_all.min(axis=1)),
        area=float(classified.areas[0]),
        classifier_p=float(of_all[0, 0]),
        discrepancy=float(discrepancies[0, MEDIAN]),
        discrepancy_p=float(of_all[0, 1]),
        features_p=float(of_all[0, 2]),
        features=_features(kept, distances, values[:, varies], members[0]),
        scores=scores,
        old=len(old_sample.rows),
        new=len(new_sample.rows),
        old_documents=None if old_sample.documents is None else len(np.unique(old_sample.documents)),
        new_documents=None if new_sample.documents is None else len(np.unique(new_sample.documents)),
        permutations=permutations,
        seed=seed,
        notes=(*old_sample.notes, *new_sample.notes, *_notes(constant, len(kept), permutations)),
    )


@dataclass(frozen=True, slots=True)
class _Sample:
    """Which examples of one side are tested, their documents if these are permuted, and what is to be said of it."""

    rows: Int64[np.ndarray, " k"]
    documents: Int64[np.ndarray, " k"] | None
    notes: tuple[str, ...]


def _sample(
    side: str,
    size: int,
    documents: Int64[np.ndarray, " n"] | None,
    others_known: bool,
    generator: np.random.Generator,
) -> _Sample:
    rows = np.arange(size)
    notes = []
    if documents is not None and not others_known:
        shuffled = generator.permutation(size)
        _, first = np.unique(documents[shuffled], return_index=True)
        rows = np.sort(shuffled[first])
        documents = None
        other = "new" if side == "old" else "old"
        if len(rows) < size:
            notes.append(
                f"One example of each of the {len(rows):,} {side} documents was drawn, since sentences of one document "
                f"are not independent; the {other} examples, whose documents are not known, are taken to be so."
            )
    if documents is None:
        _check_enough(side, len(rows), "examples", FEWEST_EXAMPLES)
        if len(rows) > MOST_EXAMPLES:
            notes.append(f"{MOST_EXAMPLES:,} of the {len(rows):,} {side} examples were drawn at random and tested.")
            rows = np.sort(generator.choice(rows, MOST_EXAMPLES, replace=False))
        return _Sample(rows, None, tuple(notes))
    _check_enough(side, size, "examples", FEWEST_EXAMPLES)
    names, number, sizes = np.unique(documents, return_inverse=True, return_counts=True)
    _check_enough(side, len(names), "documents", FEWEST_DOCUMENTS)
    if size > MOST_EXAMPLES:
        drawn = generator.permutation(len(names))
        enough = max(FEWEST_DOCUMENTS, int(np.searchsorted(np.cumsum(sizes[drawn]), MOST_EXAMPLES, side="right")))
        rows = np.flatnonzero(np.isin(number, drawn[:enough]))
        notes.append(
            f"{enough:,} of the {len(names):,} {side} documents, with {len(rows):,} of {size:,} examples, were drawn "
            "at random and tested."
        )
    return _Sample(rows, number[rows], tuple(notes))


def _check_enough(side: str, there: int, what: str, fewest: int) -> None:
    if there < fewest:
        raise InputError(
            f"there are {there} {side} {what}, too few to tell a shift from chance",
            remedy=f"give at least {fewest} {side} {what}.",
        )


def _check(old: Float[np.ndarray, "n d"], new: Float[np.ndarray, "m d"], names: Sequence[str]) -> None:
    if len(names) != old.shape[1]:
        raise ValueError(f"{len(names)} names are given for {old.shape[1]} features")
    for side, values in (("old", old), ("new", new)):
        wrong = np.argwhere(~np.isfinite(values))
        if len(wrong):
            row, column = wrong[0]
            raise InputError(
                f"feature “{names[column]}” of {side} example {row + 1} is {values[row, column]}, which is no finite "
                "number",
                remedy="leave out examples whose features cannot be computed.",
            )


def _units(old: _Sample, new: _Sample) -> Int64[np.ndarray, " k"]:
    """What is permuted and put into folds as a whole: documents, whose numbers differ between sides, or examples."""
    if old.documents is None or new.documents is None:
        return np.arange(len(old.rows) + len(new.rows))
    return np.concatenate([old.documents, new.documents + old.documents.max() + 1])


def _largest(statistics: Float64[np.ndarray, "P K"]) -> Float64[np.ndarray, " P"]:
    """The largest of K statistics, each in standard deviations from its mean over all assignments.

    P-values of each would hardly differ in the tail, where K · P assignments share P places.
    """
    spread = statistics.std(axis=0)
    return np.max((statistics - statistics.mean(axis=0)) / np.where(spread > 0, spread, 1), axis=1)


def _scores(
    values: Float32[np.ndarray, "m d"], coefficients: Float32[np.ndarray, "folds d_plus_1"]
) -> Float32[np.ndarray, " m"]:
    """Mean log-odds of all folds' classifiers."""
    mean = coefficients.mean(axis=0)
    return values @ mean[1:] + mean[0]


def _features(
    names: Sequence[str],
    distances: Float64[np.ndarray, "P d"],
    values: Float64[np.ndarray, "n d"],
    is_new: Bool[np.ndarray, " n"],
) -> tuple[FeatureShift, ...]:
    p = p_values(distances)[0]
    corrected = holm(p)
    old_mean, new_mean = values[~is_new].mean(axis=0), values[is_new].mean(axis=0)
    difference = (new_mean - old_mean) / values.std(axis=0)
    return tuple(
        FeatureShift(
            name, *(float(column[i]) for column in (distances[0], p, corrected, old_mean, new_mean, difference))
        )
        for i, name in enumerate(names)
    )


def _notes(constant: Sequence[str], features: int, permutations: int) -> list[str]:
    notes = []
    if constant:
        notes.append(f"Left out, since they never vary: {', '.join(constant)}.")
    least = features / (permutations + 1)
    if least > 0.05:
        needed = 10 * math.ceil(features / 0.05 / 10) - 1
        notes.append(
            f"With {features} features and {permutations} permutations no corrected p-value of a feature can be below "
            f"{least:.2f}; {needed:,} permutations would do."
        )
    return notes
