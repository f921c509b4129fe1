"""Multinomial logistic regression from features to classes, where no model gives probabilities of classes.

The Hessian matrix of the loss is bounded by ½ (I − 11ᵀ / K) ⊗ XᵀX (Böhning 1992), whatever the coefficients are. So one
Cholesky factor of ½ XᵀX + λ I serves all steps, each of which costs two products with X.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int, Int64

from dragoman.shift.label_calibration import softmax

FOLDS = 5
RIDGE = 1.0
"""Default penalty λ: a normal prior with variance 1 of each coefficient of a standardised feature."""
_STEPS = 2000
_CLOSE = 1e-7
_FURTHEST = 10.0
"""Standard deviations beyond which a feature counts as no further away, so that one wild value decides nothing."""


@dataclass(frozen=True, slots=True)
class SoftmaxClassifier:
    """p(y | x) ∝ exp(w_y · s(x) + b_y), where s standardises the features.

    Attributes:
        mean: mean of each of the d features where the classifier was fitted.
        deviation: their standard deviation; 1 for a feature that does not vary.
        coefficients: coefficients of each class, the intercept last; they sum to 0 over the classes.
    """

    mean: Float64[np.ndarray, " d"]
    deviation: Float64[np.ndarray, " d"]
    coefficients: Float64[np.ndarray, "K p"]

    def probabilities(self, values: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, "n K"]:
        """The probabilities of the K classes for n examples."""
        return softmax(_with_intercept(values, self.mean, self.deviation) @ self.coefficients.T)


def fit_softmax_classifier(
    values: Float[np.ndarray, "n d"], classes: Int[np.ndarray, " n"], size: int, *, ridge: float = RIDGE
) -> SoftmaxClassifier:
    """Minimise −Σ_i ln p(y_i | x_i) + λ/2 ‖w‖² over coefficients of standardised features; intercepts have no penalty.

    Descent in the metric of Böhning's bound, with momentum that starts afresh when the loss rises (Nesterov 1983;
    O'Donoghue & Candès 2015).

    >>> generator = np.random.default_rng(1)
    >>> values = generator.normal(size=(300, 2))
    >>> classes = (values[:, 0] > 0).astype(int)
    >>> fit_softmax_classifier(values, classes, 2).probabilities(np.array([[2.0, 0.0]])).round(1)
    array([[0., 1.]])

    Args:
        values: features of n examples.
        classes: class of each example, from 0 to K − 1; a class without an example gets hardly any probability.
        size: K, the number of classes.
        ridge: penalty λ > 0.
    """
    mean = values.mean(axis=0, dtype=np.float64)
    deviation = values.std(axis=0, dtype=np.float64)
    varies = deviation > 1e-9 * np.abs(values).max(axis=0, initial=0.0)
    deviation = np.where(varies, deviation, 1.0)
    matrix = _with_intercept(values, mean, deviation)
    of_class = np.zeros((len(classes), size))
    of_class[np.arange(len(classes)), classes] = 1
    penalty = np.full(matrix.shape[1], ridge)
    # A tiny penalty of the intercepts keeps those of classes without an example finite.
    penalty[-1] = 1e-6
    inverse = np.linalg.inv(0.5 * matrix.T @ matrix + np.diag(penalty))
    found = ahead = np.zeros((size, matrix.shape[1]))
    momentum = 1.0
    for _ in range(_STEPS):
        errors = softmax(matrix @ ahead.T) - of_class
        gradient = errors.T @ matrix + penalty * ahead
        step = gradient @ inverse
        if float((gradient * step).sum()) <= _CLOSE:
            return SoftmaxClassifier(mean, deviation, ahead)
        following = ahead - step
        if float((gradient * (following - found)).sum()) > 0:
            momentum = 1.0
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + (momentum - 1) / faster * (following - found)
        found, momentum = following, faster
    return SoftmaxClassifier(mean, deviation, found)


def cross_fitted_probabilities(
    values: Float[np.ndarray, "n d"],
    classes: Int[np.ndarray, " n"],
    size: int,
    *,
    documents: Int[np.ndarray, " n"] | None = None,
    ridge: float = RIDGE,
    folds: int = FOLDS,
    seed: int = 1,
) -> Float64[np.ndarray, "n K"]:
    """The probabilities of n examples, each by a classifier that was fitted without its fold.

    Args:
        values: features of the examples.
        classes: class of each example, from 0 to K − 1.
        size: K, the number of classes.
        documents: number of each example's document; the examples of a document lie in one fold.
        ridge: penalty λ > 0.
        folds: number of folds.
        seed: seed by which documents, or examples, are dealt out to the folds.
    """
    fold = _folds_of(np.arange(len(values)) if documents is None else documents, folds, seed)
    found = np.zeros((len(values), size))
    for number in range(folds):
        inside = fold != number
        if not inside.all():
            classifier = fit_softmax_classifier(values[inside], classes[inside], size, ridge=ridge)
            found[~inside] = classifier.probabilities(values[~inside])
    return found


def _folds_of(documents: Int[np.ndarray, " n"], folds: int, seed: int) -> Int64[np.ndarray, " n"]:
    """A fold for each example: documents in random order, one after the other."""
    names, place = np.unique(documents, return_inverse=True)
    dealt = np.random.default_rng(seed).permutation(len(names)) % folds
    return dealt[place.reshape(-1)].astype(np.int64)


def _with_intercept(
    values: Float[np.ndarray, "n d"], mean: Float64[np.ndarray, " d"], deviation: Float64[np.ndarray, " d"]
) -> Float64[np.ndarray, "n p"]:
    standard = np.clip((values - mean) / deviation, -_FURTHEST, _FURTHEST)
    return np.concatenate([standard, np.ones((len(values), 1))], axis=1)
