"""The learning rate over the updates. Pure functions of the update's number, so there is nothing to save."""

from __future__ import annotations

import math
from collections.abc import Callable

from dragoman.recipe.training import TrainingRecipe

Schedule = Callable[[int], float]


def inverse_square_root(peak: float, warmup: int, updates: int) -> Schedule:
    """peak · √(warmup / u) after the warm-up (Vaswani et al. 2017, eq. 3, with the peak made explicit)."""
    del updates
    return lambda update: peak * math.sqrt(max(warmup, 1) / max(update, 1))


def cosine(peak: float, warmup: int, updates: int) -> Schedule:
    """Half a cosine from the peak to 0 at the last update (Loshchilov & Hutter 2017, eq. 5, one period)."""
    return lambda update: peak * 0.5 * (1 + math.cos(math.pi * min((update - warmup) / (updates - warmup), 1.0)))


def constant(peak: float, warmup: int, updates: int) -> Schedule:
    """The peak for ever."""
    del warmup, updates
    return lambda update: peak


SCHEDULES = {"inverse_square_root": inverse_square_root, "cosine": cosine, "constant": constant}


def build_schedule(recipe: TrainingRecipe) -> Schedule:
    """Linear warm-up from 0, then what the recipe names. Updates are numbered from 1."""
    peak, warmup = recipe.optimizer.learning_rate, recipe.schedule.warmup
    after = SCHEDULES[recipe.schedule.kind](peak, warmup, recipe.updates)
    return lambda update: peak * update / warmup if update <= warmup else after(update)
