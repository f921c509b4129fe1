"""Learning-rate schedules: pure functions of the update's number, so that a checkpoint need not hold them."""

from __future__ import annotations

import math
from collections.abc import Callable

from dragoman.recipe.training import TrainingRecipe

Schedule = Callable[[int], float]


def inverse_square_root(peak: float, warmup: int, updates: int) -> Schedule:
    """The schedule peak · √(warmup / u) after the warm-up (Vaswani et al. 2017, eq. 3, with the peak made explicit).

    >>> rate = inverse_square_root(peak=1e-3, warmup=100, updates=1000)
    >>> rate(100), rate(400)
    (0.001, 0.0005)
    """
    del updates
    return lambda update: peak * math.sqrt(max(warmup, 1) / max(update, 1))


def cosine(peak: float, warmup: int, updates: int) -> Schedule:
    """Half a cosine from the peak to 0 at the last update (Loshchilov & Hutter 2017, eq. 5, one period).

    >>> rate = cosine(peak=1e-3, warmup=100, updates=1100)
    >>> [round(rate(update), 6) for update in (100, 600, 1100)]
    [0.001, 0.0005, 0.0]
    """
    return lambda update: peak * 0.5 * (1 + math.cos(math.pi * min((update - warmup) / (updates - warmup), 1.0)))


def constant(peak: float, warmup: int, updates: int) -> Schedule:
    """The peak at every update after the warm-up.

    >>> constant(peak=1e-3, warmup=100, updates=1000)(900)
    0.001
    """
    del warmup, updates
    return lambda update: peak


SCHEDULES = {"inverse_square_root": inverse_square_root, "cosine": cosine, "constant": constant}


def build_schedule(recipe: TrainingRecipe) -> Schedule:
    """The learning rate of each update, counted from 1: a linear warm-up from 0, then the schedule of the recipe.

    >>> recipe = TrainingRecipe(
    ...     updates=1000, optimizer={"learning_rate": 1e-3}, schedule={"kind": "constant", "warmup": 100}
    ... )
    >>> rate = build_schedule(recipe)
    >>> rate(1), rate(50), rate(900)
    (1e-05, 0.0005, 0.001)
    """
    peak, warmup = recipe.optimizer.learning_rate, recipe.schedule.warmup
    after = SCHEDULES[recipe.schedule.kind](peak, warmup, recipe.updates)
    return lambda update: peak * update / warmup if update <= warmup else after(update)
