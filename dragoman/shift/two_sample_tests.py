"""Three tests of whether two samples have one distribution, under the same assignments, and their smallest p-value.

The smallest p-value of several tests is too small to be one itself. But every assignment of who is new has its own, and
without a shift the observed one is one among them; so it is calibrated by the same permutations, and its size is exact
however the tests depend on each other (Westfall & Young 1993, section 2.6).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64

from dragoman.errors import InputError
from dragoman.shift.classifier_test import ClassifierTest, classifier_test, folds_of
from dragoman.shift.kolmogorov_smirnov import kolmogorov_smirnov
from dragoman.shift.mean_discrepancy import MEDIAN, mean_discrepancies
from dragoman.shift.permutations import memberships, p_value, p_values

CONSTANT = 1e-6
"""A feature whose standard deviation is a smaller share of its mean is constant but for rounding."""


@dataclass(frozen=True, slots=True)
class Standardizer:
    """Features in standard deviations from their mean, over the pooled examples; constant ones are left out.

    Attributes:
        mean: mean of each feature.
        deviation: standard deviation of each feature; 1 where it is constant.
        varies: whether a feature is kept.
    """

    mean: Float64[np.ndarray, " d"]
    deviation: Float64[np.ndarray, " d"]
    varies: Bool[np.ndarray, " d"]

    @classmethod
    def of(cls, values: Float64[np.ndarray, "n d"]) -> Standardizer:
        """What standardises these examples.

        Raises:
            InputError: if every feature is constant.
        """
        mean, deviation = values.mean(axis=0), values.std(axis=0)
        varies = deviation > CONSTANT * np.maximum(np.abs(mean), CONSTANT)
        if not varies.any():
            raise InputError(
                "every feature has the same value in all examples, so there is nothing to compare",
                remedy="give features that vary.",
            )
        return cls(mean, np.where(varies, deviation, 1.0), varies)

    def __call__(self, values: Float[np.ndarray, "n d"]) -> Float32[np.ndarray, "n kept"]:
        """The features of some examples, standardised."""
        return ((values - self.mean) / self.deviation)[:, self.varies].astype(np.float32)


@dataclass(frozen=True, slots=True)
class TwoSampleTests:
    """What the three tests found.

    Attributes:
        overall: p-value of the smallest of the three p-values.
        classifier_p: p-value of the classifier's area under the curve.
        discrepancy_p: p-value of the largest mean discrepancy of all kernels.
        features_p: p-value of the largest Kolmogorov–Smirnov statistic of all features.
        area: area under the curve of the observed assignment.
        discrepancy: MMD² of the observed assignment, with the median distance as the kernel's width.
        distances: Kolmogorov–Smirnov statistic of each kept feature, of the observed assignment first.
        scores: log-odds of being new, out of fold, of each pooled example, the old ones first.
        coefficients: intercept and weights of the classifier that left out each fold.
        standardizer: what the features were standardised by.
    """

    overall: float
    classifier_p: float
    discrepancy_p: float
    features_p: float
    area: float
    discrepancy: float
    distances: Float64[np.ndarray, "P kept"]
    scores: Float32[np.ndarray, " n"]
    coefficients: Float32[np.ndarray, "folds kept_plus_1"]
    standardizer: Standardizer

    def log_odds(self, values: Float[np.ndarray, "k d"]) -> Float32[np.ndarray, " k"]:
        """Log-odds of being new of examples that were not tested: the mean of all folds' classifiers."""
        intercept, *weights = self.coefficients.mean(axis=0)
        return self.standardizer(values) @ np.array(weights, dtype=np.float32) + intercept


def two_sample_tests(
    values: Float64[np.ndarray, "n d"],
    old: int,
    units: Int64[np.ndarray, " n"],
    *,
    permutations: int,
    seed: int,
    generator: np.random.Generator,
) -> TwoSampleTests:
    """Test whether the first ``old`` examples and the others have one distribution.

    Args:
        values: d features of the n pooled examples, the old ones first.
        old: number of old examples.
        units: what is permuted and put into folds as a whole: a document's number, or one of each example's own.
        permutations: number of permutations.
        seed: seed of the permutations.
        generator: source of all other draws.

    Raises:
        InputError: if every feature is constant.

    >>> draws = np.random.default_rng(1)
    >>> values = np.concatenate([draws.normal(0, 1, (40, 2)), draws.normal(2, 1, (40, 2))])
    >>> tests = two_sample_tests(values, 40, np.arange(80), permutations=99, seed=1, generator=draws)
    >>> tests.overall, tests.area > 0.9
    (0.01, True)
    """
    standardizer = Standardizer.of(values)
    members = memberships(old, len(values) - old, permutations, seed, documents=units)
    # A random order, so that nothing that goes by order (equal scores, the kernel's width) depends on who is new.
    order = generator.permutation(len(values))
    standard, members = standardizer(values[order]), members[:, order]
    classified: ClassifierTest = classifier_test(standard, members, folds_of(units[order], generator))
    discrepancies = mean_discrepancies(standard, members)
    distances = kolmogorov_smirnov(standard, members)
    p = p_values(np.stack([classified.areas, _largest(discrepancies), _largest(distances)], axis=1))
    scores = np.empty_like(classified.scores)
    scores[order] = classified.scores
    return TwoSampleTests(
        overall=p_value(-p.min(axis=1)),
        classifier_p=float(p[0, 0]),
        discrepancy_p=float(p[0, 1]),
        features_p=float(p[0, 2]),
        area=float(classified.areas[0]),
        discrepancy=float(discrepancies[0, MEDIAN]),
        distances=distances,
        scores=scores,
        coefficients=classified.coefficients,
        standardizer=standardizer,
    )


def _largest(statistics: Float64[np.ndarray, "P K"]) -> Float64[np.ndarray, " P"]:
    """The largest of K statistics, each in standard deviations from its mean over all assignments.

    The smallest of K p-values would not do: of P assignments, up to K would share the smallest one that there can be.
    """
    spread = statistics.std(axis=0)
    return np.max((statistics - statistics.mean(axis=0)) / np.where(spread > 0, spread, 1), axis=1)
