"""One cell of the grid model size × data size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One model on one part of the training set, at its lowest validation loss.

    Attributes:
        width: as a multiple of the recipe's.
        fraction: of the training set.
        parameters: trainable numbers.
        examples: learnt from.
        updates: done.
        best_update: where the validation loss was lowest.
        validation: the loss there.
        validation_error: its standard error; None if unknown.
        training: loss on the training probe there; None if unknown.
        training_error: its standard error; None if unknown.
        seconds: of training.
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
