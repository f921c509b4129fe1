"""How many updates a budget of tokens is."""

from __future__ import annotations

import math

from dragoman.errors import RecipeError
from dragoman.recipe.training import TrainingRecipe

_LOOKS = 10
"""Validations, and checkpoints, of a run whose length is given in tokens."""


def with_updates(recipe: TrainingRecipe, tokens_per_batch: float) -> TrainingRecipe:
    """The recipe with ``updates`` set from ``tokens``, if it has these; the schedule then ends with the budget.

    Args:
        recipe: whose budget.
        tokens_per_batch: target tokens of a mean batch.

    Raises:
        RecipeError: if the warm-up does not fit into so few updates.
    """
    if recipe.tokens is None:
        return recipe
    updates = max(round(recipe.tokens / (tokens_per_batch * recipe.batch.accumulation)), 1)
    if recipe.schedule.warmup >= updates:
        raise RecipeError(
            [
                f"training.tokens: {recipe.tokens:,} tokens are {updates:,} updates of this data, and "
                f"training.schedule.warmup is {recipe.schedule.warmup:,}; raise tokens, or lower the warm-up: "
                f"--set training.schedule.warmup={updates // 10}"
            ]
        )
    interval = math.ceil(updates / _LOOKS)
    return recipe.model_copy(update={"updates": updates, "validate_every": interval, "checkpoint_every": interval})
