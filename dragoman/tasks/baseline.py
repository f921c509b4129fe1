"""The baseline that a model must beat to have learnt anything: the loss of a constant prediction."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float64, Int
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]
"""A function from predictions and true values to the loss of each."""


def frequency_baseline(train: Int[np.ndarray, " N"], validation: Int[np.ndarray, " M"], size: int) -> float:
    """The cross-entropy of symbols or classes under their add-one smoothed frequencies in training.

    For text this is the unigram entropy.

    Args:
        train: symbols or classes of the training set, numbered from 0.
        validation: symbols or classes of the validation set.
        size: number of different symbols or classes.

    Returns:
        The cross-entropy in nats per entry of ``validation``.

    >>> round(frequency_baseline(np.array([0, 0, 0, 1]), np.array([0, 1]), size=2), 3)
    0.752
    """
    counts = np.bincount(train, minlength=size).astype(np.float64) + 1
    return float(-np.log(counts / counts.sum())[validation].mean())


def constant_baseline(loss: Loss, train: Float64[np.ndarray, " n"], validation: Float64[np.ndarray, " m"]) -> float:
    """The validation loss of predicting the training set's mean or median, whichever is better.

    Args:
        loss: loss function of the model.
        train: standardised numbers of the training set.
        validation: standardised numbers of the validation set.

    >>> squared = lambda predicted, true: (predicted - true) ** 2 / 2
    >>> constant_baseline(squared, np.array([-1.0, 1.0]), np.array([-2.0, 2.0]))
    2.0
    """

    def mean_loss(constant: float, values: Float64[np.ndarray, " k"]) -> float:
        predicted = torch.full((len(values),), constant, dtype=torch.float64)
        return float(loss(predicted, torch.from_numpy(values)).mean())

    best = min((float(train.mean()), float(np.median(train))), key=lambda constant: mean_loss(constant, train))
    return mean_loss(best, validation)
