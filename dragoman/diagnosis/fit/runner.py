"""What trains a recipe for an experiment; :func:`dragoman.training.trial.run_trial` is one."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from dragoman.data.dataset import Dataset
from dragoman.recipe import Recipe
from dragoman.recipe.shortened import shortened
from dragoman.training.trial import Trial


@runtime_checkable
class Runner(Protocol):
    """Trains in memory, and tells what it measured."""

    def __call__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        *,
        examples: int | None = None,
        updates: int | None = None,
        minutes: float | None = None,
        looks: int = 10,
        seed: int | None = None,
    ) -> Trial:
        """Train.

        Args:
            recipe: what to train.
            dataset: on what.
            examples: training examples to learn from, at most; a random part, the larger holding the smaller ones.
            updates: in the place of the recipe's.
            minutes: after which it ends.
            looks: at the losses, spread evenly.
            seed: in the place of the recipe's.
        """
        ...


def of_length(recipe: Recipe, updates: int, planned: int) -> Recipe:
    """The recipe for so many updates: the schedule ends with them, and the warm-up keeps its share of them.

    Args:
        recipe: that plans ``planned`` updates.
        updates: to do.
        planned: the updates of the recipe, also where it counts in tokens.
    """
    training = shortened(recipe.training, updates, planned)
    endless = {"tokens": None, "minutes": None}
    return recipe.model_copy(update={"training": training.model_copy(update=endless)})
