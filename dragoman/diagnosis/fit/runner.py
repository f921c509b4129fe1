"""The interface of functions that train a recipe for an experiment: see :func:`dragoman.training.trial.run_trial`."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from dragoman.data.dataset import Dataset
from dragoman.recipe import Recipe
from dragoman.training.trial import Trial


@runtime_checkable
class Runner(Protocol):
    """Trains a recipe in memory, and returns the measurements."""

    def __call__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        *,
        examples: int | None = None,
        minutes: float | None = None,
        validations: int = 10,
    ) -> Trial:
        """Train a recipe; the arguments are those of :func:`~dragoman.training.trial.run_trial`."""
        ...
