"""Learning rate and dropout of an update: pure functions of its number, so that a checkpoint need not hold them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from dragoman.recipe.training import TrainingRecipe

Schedule = Callable[[float], float]
"""The learning rate at a place of the schedule, which is the number of an update unless the clock hastens a run."""


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


def linear(peak: float, warmup: int, updates: int) -> Schedule:
    """A line from the peak to 0 at the last update (Defazio et al. 2023, section 1).

    >>> rate = linear(peak=1e-3, warmup=100, updates=1100)
    >>> [round(rate(update), 6) for update in (100, 600, 1100)]
    [0.001, 0.0005, 0.0]
    """
    return hold(peak, warmup, updates, decay_share=1.0)


def hold(peak: float, warmup: int, updates: int, decay_share: float) -> Schedule:
    """The peak, and over the last ``decay_share`` of all updates a line down to 0 at the last one: warmup-stable-decay
    (Hu et al. 2024; Hägele et al. 2024). Where the warm-up takes part of these, the line begins
    at its end.

    The rate of an update before the decay does not depend on the number of updates, so that a run can be made longer
    until then.

    >>> rate = hold(peak=1e-3, warmup=100, updates=1000, decay_share=0.4)
    >>> [round(rate(update), 6) for update in (100, 600, 800, 1000)]
    [0.001, 0.001, 0.0005, 0.0]
    """
    decay = min(decay_share * updates, updates - warmup)
    return lambda update: peak * min(max(updates - update, 0) / decay, 1.0)


def constant(peak: float, warmup: int, updates: int) -> Schedule:
    """The peak at every update after the warm-up.

    >>> constant(peak=1e-3, warmup=100, updates=1000)(900)
    0.001
    """
    del warmup, updates
    return lambda update: peak


SCHEDULES: dict[str, Callable[[float, int, int], Schedule]] = {
    "inverse_square_root": inverse_square_root,
    "cosine": cosine,
    "linear": linear,
    "constant": constant,
}
"""The schedules that are functions of the peak, the warm-up and the length of a run alone."""


def build_schedule(recipe: TrainingRecipe) -> Schedule:
    """The learning rate of each update, counted from 1: a linear warm-up from 0, then the schedule of the recipe.

    >>> recipe = TrainingRecipe(
    ...     updates=1000, optimizer={"learning_rate": 1e-3}, schedule={"kind": "constant", "warmup": 100}
    ... )
    >>> rate = build_schedule(recipe)
    >>> rate(1), rate(50), rate(900)
    (1e-05, 0.0005, 0.001)
    """
    peak, warmup = recipe.optimizer.learning_rate, recipe.warmup_updates
    kinds = SCHEDULES | {"hold": partial(hold, decay_share=recipe.schedule.decay_share)}
    after = kinds[recipe.schedule.kind](peak, warmup, recipe.updates)
    return lambda update: peak * update / warmup if update <= warmup else after(update)


def dropout_factor(recipe: TrainingRecipe, update: float) -> float:
    """The factor on all dropout rates at an update, from 1: a line from ``dropout_start`` at the first update to 1
    after ``dropout_until`` of all updates.

    >>> recipe = TrainingRecipe(updates=100, schedule={"warmup": 1}, dropout_start=0.2)
    >>> [round(dropout_factor(recipe, update), 3) for update in (1, 26, 51, 100)]
    [0.2, 0.6, 1.0, 1.0]
    """
    share = min((update - 1) / (recipe.dropout_until * recipe.updates), 1.0)
    # Exact at both ends: 1 · start and 1 · 1.
    return recipe.dropout_start * (1 - share) + share
