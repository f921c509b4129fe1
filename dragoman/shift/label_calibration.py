"""Calibration of a classifier for estimates of label shift: temperature scaling with a bias for each class.

p(y | x) ∝ exp(a · z_y + b_y), where z_y are the logarithms of the given probabilities (bias-corrected temperature
scaling; Alexandari et al. 2020, section 3). The biases make the mean probability of each class its share among the
examples, without which maximum likelihood finds a shift where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int

SMALLEST_PROBABILITY = 1e-12
"""Smaller probabilities count as this one, so that one certain mistake does not outweigh everything else."""
PRIOR_PRECISION = 1.0
"""Precision of the normal priors: a class with few examples hardly moves its bias from 0, and the slope stays finite
where every example is classified rightly."""
_STEPS = 100
_HALVINGS = 40
_CLOSE = 1e-10


@dataclass(frozen=True, slots=True)
class LabelCalibration:
    """The calibration p(y | x) ∝ exp(slope · z_y + bias_y).

    Attributes:
        slope: slope a, the reciprocal of the temperature, at least 0.
        biases: bias b of each class.
    """

    slope: float
    biases: Float64[np.ndarray, " K"]

    def __call__(self, probabilities: Float[np.ndarray, "n K"]) -> Float64[np.ndarray, "n K"]:
        """The calibrated probabilities of examples, whose rows sum to 1."""
        return self.of_logarithms(logarithms(probabilities))

    def of_logarithms(self, logits: Float64[np.ndarray, "n K"]) -> Float64[np.ndarray, "n K"]:
        """The calibrated probabilities of examples, from the logarithms of the given ones."""
        return softmax(self.slope * logits + self.biases)


def logarithms(probabilities: Float[np.ndarray, "n K"]) -> Float64[np.ndarray, "n K"]:
    """The logarithms of probabilities, of which none is −∞."""
    return np.log(np.maximum(probabilities.astype(np.float64), SMALLEST_PROBABILITY))


def softmax(logits: Float64[np.ndarray, "n K"]) -> Float64[np.ndarray, "n K"]:
    """Probabilities in proportion to exp(logits), whose rows sum to 1."""
    positive = np.exp(logits - logits.max(axis=1, keepdims=True))
    positive /= positive.sum(axis=1, keepdims=True)
    return positive


def fit_label_calibration(probabilities: Float[np.ndarray, "n K"], classes: Int[np.ndarray, " n"]) -> LabelCalibration:
    """The calibration that is most probable given the classes of n examples that the classifier was not trained on.

    The priors are a ~ N(1, 1) and b_y ~ N(0, 1). Newton's method minimises the strictly convex objective
    −Σ_i ln p(y_i | x_i) + (a − 1)² / 2 + ‖b‖² / 2 over a ≥ 0; a step is halved until the objective falls
    (Boyd & Vandenberghe 2004, algorithm 9.5).

    >>> given = np.tile([[0.9, 0.1], [0.1, 0.9]], (50, 1))  # 90 % sure, and right in 3 of 4 cases
    >>> found = fit_label_calibration(given, np.tile([0, 1, 0, 1, 0, 1, 1, 0], 13)[:100])
    >>> found(np.array([[0.9, 0.1]])).round(2)
    array([[0.76, 0.24]])
    """
    logits = logarithms(probabilities)
    calibration = LabelCalibration(1.0, np.zeros(logits.shape[1]))
    value = _objective(calibration, logits, classes)
    for _ in range(_STEPS):
        scores = calibration_scores(calibration, logits, classes)
        gradient = scores.sum(axis=0) + _prior_gradient(calibration)
        step = np.linalg.solve(calibration_hessian(calibration, logits), gradient)
        if float(gradient @ step) <= _CLOSE * len(logits):
            break
        size = 1.0
        for _ in range(_HALVINGS):
            slope = max(calibration.slope - size * float(step[0]), 0.0)
            following = LabelCalibration(slope, calibration.biases - size * step[1:])
            lower = _objective(following, logits, classes)
            if lower < value:
                break
            size /= 2
        else:
            break
        calibration, value = following, lower
    return calibration


def calibration_scores(
    calibration: LabelCalibration, logits: Float64[np.ndarray, "n K"], classes: Int[np.ndarray, " n"]
) -> Float64[np.ndarray, "n P"]:
    """The gradient of −ln p(y_i | x_i) with respect to (a, b) for each example, P = K + 1."""
    errors = calibration.of_logarithms(logits)
    errors[np.arange(len(logits)), classes] -= 1
    return np.concatenate([(errors * logits).sum(axis=1, keepdims=True), errors], axis=1)


def calibration_hessian(
    calibration: LabelCalibration, logits: Float64[np.ndarray, "n K"]
) -> Float64[np.ndarray, "P P"]:
    """The Hessian matrix of the objective with respect to (a, b), P = K + 1."""
    given = calibration.of_logarithms(logits)
    centred = logits - (given * logits).sum(axis=1, keepdims=True)
    size = logits.shape[1]
    hessian = np.zeros((size + 1, size + 1))
    hessian[0, 0] = float((given * centred**2).sum())
    hessian[0, 1:] = hessian[1:, 0] = (given * centred).sum(axis=0)
    hessian[1:, 1:] = np.diag(given.sum(axis=0)) - given.T @ given
    hessian[np.diag_indices(size + 1)] += PRIOR_PRECISION
    return hessian


def _prior_gradient(calibration: LabelCalibration) -> Float64[np.ndarray, " P"]:
    return PRIOR_PRECISION * np.concatenate([[calibration.slope - 1], calibration.biases])


def _objective(
    calibration: LabelCalibration, logits: Float64[np.ndarray, "n K"], classes: Int[np.ndarray, " n"]
) -> float:
    scaled = calibration.slope * logits + calibration.biases
    highest = scaled.max(axis=1)
    of_all = highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1))
    loss = float((of_all - scaled[np.arange(len(scaled)), classes]).sum())
    return loss + 0.5 * PRIOR_PRECISION * (
        (calibration.slope - 1) ** 2 + float(calibration.biases @ calibration.biases)
    )
