"""The shares of classes from the confusion matrix of a classifier (Lipton et al. 2018, "black box shift estimation").

Under label shift a class is confused with others as before, so μ = C q: μ(j) is the share of new examples that are
predicted as class j, C(j, y) = p(predicted j | true y), and q the new shares. **The columns of C sum to 1.** A matrix
of joint fractions, p(predicted j, true y), gives the weights q(y) / p(y) instead; whoever takes these for shares is
wrong by several times the sampling error. The classifier need not be calibrated. Instead of predicted classes,
probabilities may be averaged (the "soft" form), which wastes less of what the classifier knows.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64, Int


def confusion_by_column(
    predictions: Float[np.ndarray, "n K"], classes: Int[np.ndarray, " n"]
) -> Float64[np.ndarray, "K K"]:
    """C(j, y), the mean prediction of class j among the examples of true class y; each column sums to 1.

    >>> predictions = one_hot(np.array([[0.7, 0.3], [0.4, 0.6], [0.2, 0.8]]))
    >>> confusion_by_column(predictions, np.array([0, 0, 1]))
    array([[0.5, 0. ],
           [0.5, 1. ]])

    Args:
        predictions: for each of n examples the probabilities of the K classes, or :func:`one_hot` of them.
        classes: true class of each example; every class has an example.
    """
    size = predictions.shape[1]
    of_class = np.zeros((len(classes), size))
    of_class[np.arange(len(classes)), classes] = 1
    return predictions.astype(np.float64).T @ (of_class / of_class.sum(axis=0))


def one_hot(probabilities: Float[np.ndarray, "n K"]) -> Float64[np.ndarray, "n K"]:
    """1 for the most probable class of each example, and 0 for the others."""
    found = np.zeros(probabilities.shape)
    found[np.arange(len(found)), probabilities.argmax(axis=1)] = 1
    return found


def solved_shares(
    confusion: Float64[np.ndarray, "K K"], predicted: Float64[np.ndarray, " K"]
) -> Float64[np.ndarray, " K"]:
    """The shares q with C q = μ; negative ones become 0, and the others sum to 1.

    >>> solved_shares(np.array([[0.9, 0.2], [0.1, 0.8]]), np.array([0.34, 0.66])).round(3)
    array([0.2, 0.8])

    Args:
        confusion: C, by :func:`confusion_by_column`, which has an inverse.
        predicted: μ, mean prediction of each class among the new examples.
    """
    shares = np.maximum(np.linalg.solve(confusion, predicted), 0)
    return shares / shares.sum()
