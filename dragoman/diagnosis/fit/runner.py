"""What trains a recipe for an experiment; :func:`dragoman.training.trial.run_trial` is one."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from dragoman.data.dataset import Dataset
from dragoman.recipe import Recipe
from dragoman.training.trial import Trial


@runtime_checkable
class Runner(Protocol):
    """Trains in memory, and returns what it measured."""

    def __call__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        *,
        examples: int | None = None,
        minutes: float | None = None,
        validations: int = 10,
    ) -> Trial:
        """Train; the arguments are those of :func:`~dragoman.training.trial.run_trial`."""
        ...
