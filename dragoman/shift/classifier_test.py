"""The classifier two-sample test (Lopez-Paz & Oquab 2017): can a classifier tell new examples from old ones?

A logistic regression with a ridge is fitted on four of five folds and scores the fifth. The statistic is the area
under the ROC curve of these scores within folds, so that folds with other shares of new examples do not matter: 0.5
where old and new cannot be told apart, 1 where all can.

The classifier is fitted anew under every assignment. A Newton step with the bound XᵀX / 4 of the Hessian (Böhning &
Lindsay 1988) needs one factor for all assignments, so all of them are fitted at once by products of matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64

FOLDS = 5
STEPS = 50
"""The most Newton steps that a fit takes."""
TOLERANCE = 1e-3
"""A fit has ended when a step moves its coefficients by less than this share of them."""
COLUMNS = 128
"""Assignments that are fitted together: their scores of all examples fit in a processor's cache."""
LONGEST_STEP = 1.9
"""Steps as long as this times the bound's still descend (they would up to 2)."""


@dataclass(frozen=True, slots=True)
class ClassifierTest:
    """What the classifiers of all assignments reached.

    Attributes:
        areas: area under the ROC curve, out of fold, of the observed assignment and of each permutation.
        scores: log-odds of being new that the observed assignment's classifiers give each example, out of fold.
        coefficients: intercept and weights of the classifier that left out each fold, of the observed assignment.
    """

    areas: Float64[np.ndarray, " P"]
    scores: Float32[np.ndarray, " n"]
    coefficients: Float32[np.ndarray, "folds d_plus_1"]


def folds_of(
    units: Int64[np.ndarray, " n"], generator: np.random.Generator, folds: int = FOLDS
) -> Int64[np.ndarray, " n"]:
    """The fold of each example: units (documents, or single examples) are dealt out at random, as evenly as can be."""
    names, number = np.unique(units, return_inverse=True)
    return (generator.permutation(len(names)) % folds)[number]


def classifier_test(
    values: Float[np.ndarray, "n d"], members: Bool[np.ndarray, "P n"], folds: Int64[np.ndarray, " n"]
) -> ClassifierTest:
    """Fit and score a classifier under each assignment.

    Args:
        values: d features of the n pooled examples, standardised over all of them, in an order that is independent of
            who is new: equal scores are ranked by it.
        members: which examples count as new.
        folds: the fold of each example, which must not depend on who is new.
    """
    count, d = len(members), values.shape[1]
    inputs = np.ones((len(values), d + 1), dtype=np.float32)
    inputs[:, 1:] = values
    pairs, won = np.zeros(count), np.zeros(count)
    scores = np.empty(len(values), dtype=np.float32)
    names = np.unique(folds)
    coefficients = np.empty((len(names), d + 1), dtype=np.float32)
    for row, fold in enumerate(names):
        held = folds == fold
        fitted = fit(inputs[~held], members[:, ~held])
        said = (inputs[held] @ fitted).T
        new = np.take_along_axis(members[:, held], np.argsort(said, axis=1, kind="stable"), axis=1)
        many = new.sum(axis=1)
        ranks = new @ np.arange(1.0, new.shape[1] + 1)
        won += ranks - many * (many + 1) / 2
        pairs += many * (new.shape[1] - many)
        scores[held], coefficients[row] = said[0], fitted[:, 0]
    areas = np.where(pairs > 0, won / np.maximum(pairs, 1), 0.5)
    return ClassifierTest(areas, scores, coefficients)


def fit(
    inputs: Float32[np.ndarray, "n d_plus_1"], members: Bool[np.ndarray, "P n"]
) -> Float32[np.ndarray, "d_plus_1 P"]:
    """Coefficients of a logistic regression under each assignment, the intercept first.

    The ridge λ / 2 · |w|² has λ = d / 4: as a prior of the weights of d standardised features, it says that the
    log-odds of an example have a standard deviation of two.
    """
    n, d = inputs.shape[0], inputs.shape[1] - 1
    ridge = np.full(d + 1, d / 4)
    ridge[0] = 1e-3  # only to keep the matrix regular
    bound = inputs.T.astype(np.float64) @ inputs / 4 + np.diag(ridge)
    inverse = np.linalg.inv(bound).astype(np.float32)
    share = np.clip(members.mean(axis=1), 0.5 / n, 1 - 0.5 / n)
    longer = np.minimum(LONGEST_STEP, 0.25 / (share * (1 - share))).astype(np.float32)
    fitted = np.zeros((d + 1, len(members)), dtype=np.float32)
    fitted[0] = np.log(share / (1 - share))
    column_ridge = ridge.astype(np.float32)[:, None]
    for begin in range(0, len(members), COLUMNS):
        active = np.arange(begin, min(begin + COLUMNS, len(members)))
        for _ in range(STEPS):
            current = fitted[:, active]
            errors = inputs @ current
            with np.errstate(over="ignore"):  # 1 / (1 + ∞) is the right 0
                np.exp(np.negative(errors, out=errors), out=errors)
            errors += 1
            np.divide(1, errors, out=errors)
            np.subtract(members[active].T, errors, out=errors)
            step = inverse @ (inputs.T @ errors - column_ridge * current) * longer[active]
            fitted[:, active] = current + step
            active = active[np.linalg.norm(step, axis=0) > TOLERANCE * np.linalg.norm(fitted[1:, active], axis=0)]
            if not len(active):
                break
    return fitted
