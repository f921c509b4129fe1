"""One cell of the grid model size × data size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One model on one part of the training set, at its lowest validation loss.

    Attributes:
        width: factor by which the recipe's widths were multiplied.
        fraction: share of the training set that was learnt from.
        parameters: number of trainable parameters.
        examples: number of training examples.
        updates: number of updates done.
        best_update: update with the lowest validation loss.
        validation: validation loss at that update.
        validation_error: standard error of the validation loss; None if unknown.
        training: loss on the training probe (a fixed sample of training examples) at that update; None if unknown.
        training_error: standard error of the training loss; None if unknown.
        seconds: training time in seconds.
    """

    width: float
    fraction: float
    parameters: int
    examples: int
    updates: int
    best_update: int
    validation: float
    validation_error: float | None
    training: float | None
    training_error: float | None
    seconds: float
