"""How many updates a budget of tokens is."""

from __future__ import annotations

import math

from dragoman.recipe.shortened import shortened
from dragoman.recipe.training import TrainingRecipe

_LOOKS = 10
"""Validations, and checkpoints, of a run whose length is given in tokens."""


def with_updates(recipe: TrainingRecipe, tokens_per_batch: float) -> TrainingRecipe:
    """The recipe with ``updates`` set from ``tokens``, if it has these; the schedule then ends with the budget, and
    a warm-up that does not fit is shortened.

    Args:
        recipe: whose budget.
        tokens_per_batch: target tokens of a mean batch.
    """
    if recipe.tokens is None:
        return recipe
    updates = max(round(recipe.tokens / (tokens_per_batch * recipe.batch.accumulation)), 1)
    interval = math.ceil(updates / _LOOKS)
    intervals = {"validate_every": interval, "checkpoint_every": interval}
    return shortened(recipe, updates).model_copy(update=intervals)
