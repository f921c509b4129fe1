"""What a model must beat to have learnt anything: the loss of predicting the same whatever goes in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float64, Int
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]
"""Estimates and true numbers to a loss for each."""


def frequency_baseline(train: Int[np.ndarray, " N"], validation: Int[np.ndarray, " M"], size: int) -> float:
    """The cross-entropy of symbols or classes under their frequencies in training, to each of which 1 is added.

    Of text this is the unigram entropy.

    Args:
        train: symbols or classes of the training set, from 0.
        validation: those of the validation set.
        size: how many different ones there are.

    Returns:
        Nats for each of ``validation``.
    """
    counts = np.bincount(train, minlength=size).astype(np.float64) + 1
    return float(-np.log(counts / counts.sum())[validation].mean())


def constant_baseline(loss: Loss, train: Float64[np.ndarray, " n"], validation: Float64[np.ndarray, " m"]) -> float:
    """The loss of the better of the training set's mean and median, on the validation set.

    Args:
        loss: of the model.
        train: standardised numbers of the training set.
        validation: those of the validation set.
    """

    def mean_loss(constant: float, values: Float64[np.ndarray, " k"]) -> float:
        predicted = torch.full((len(values),), constant, dtype=torch.float64)
        return float(loss(predicted, torch.from_numpy(values)).mean())

    best = min((float(train.mean()), float(np.median(train))), key=lambda constant: mean_loss(constant, train))
    return mean_loss(best, validation)
