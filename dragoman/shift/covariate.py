"""Covariate shift: are the new inputs distributed as the old ones? Three tests, one answer.

The classifier test sees what a linear rule can tell apart, the maximum mean discrepancy also differences of spread and
of form, the Kolmogorov–Smirnov test differences of single features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from dragoman.errors import InputError
from dragoman.shift.holm import holm
from dragoman.shift.permutations import PERMUTATIONS, SEED, p_values
from dragoman.shift.samples import samples_of
from dragoman.shift.two_sample_tests import TwoSampleTests, two_sample_tests

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

    At most 5,000 examples of each side are compared. With 40 features and 999 permutations, 1,000 of each side
    take a second of one core, and 5,000 take seven seconds and 170 MB of memory.

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
    samples = samples_of(len(old), len(new), old_documents, new_documents, generator)
    old_rows, new_rows = samples.old.rows, samples.new.rows
    values = np.concatenate([old[old_rows], new[new_rows]]).astype(np.float64)
    tests = two_sample_tests(
        values, len(old_rows), samples.units, permutations=permutations, seed=seed, generator=generator
    )
    scores = tests.log_odds(new)
    scores[new_rows] = tests.scores[len(old_rows) :]
    varies = tests.standardizer.varies
    constant = [name for name, kept in zip(names, varies, strict=True) if not kept]
    return CovariateShift(
        p_value=tests.overall,
        area=tests.area,
        classifier_p=tests.classifier_p,
        discrepancy=tests.discrepancy,
        discrepancy_p=tests.discrepancy_p,
        features_p=tests.features_p,
        features=_features([name for name in names if name not in constant], tests, values, len(old_rows)),
        scores=scores,
        old=len(old_rows),
        new=len(new_rows),
        old_documents=samples.old.units if samples.by_document else None,
        new_documents=samples.new.units if samples.by_document else None,
        permutations=permutations,
        seed=seed,
        notes=(*samples.old.notes, *samples.new.notes, *_notes(constant, int(varies.sum()), permutations)),
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


def _features(
    names: Sequence[str], tests: TwoSampleTests, values: Float64[np.ndarray, "n d"], old: int
) -> tuple[FeatureShift, ...]:
    p = p_values(tests.distances)[0]
    old_mean, new_mean = (side.mean(axis=0)[tests.standardizer.varies] for side in (values[:old], values[old:]))
    difference = (new_mean - old_mean) / tests.standardizer.deviation[tests.standardizer.varies]
    columns = zip(names, tests.distances[0], p, holm(p), old_mean, new_mean, difference, strict=True)
    return tuple(FeatureShift(name, *map(float, numbers)) for name, *numbers in columns)


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
