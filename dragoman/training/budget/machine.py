"""How fast this machine trains a model: a few updates by the real training step."""

from __future__ import annotations

from dragoman.data.dataset import Dataset
from dragoman.recipe import Recipe
from dragoman.recipe.shortened import shortened_recipe
from dragoman.training.budget.deadline import Clock
from dragoman.training.budget.plan import Speed
from dragoman.training.distributed import ALONE
from dragoman.training.precision import Hardware
from dragoman.training.setup import set_up
from dragoman.training.step import training_step

_WARMING_UP = 2
"""Updates that are not timed, in which memory is allocated and kernels are chosen."""
_FEWEST, _MOST = 3, 30
"""Updates that are timed."""
_SHORTEST = 1e-9


def measure_speed(
    recipe: Recipe, dataset: Dataset, hardware: Hardware, seconds: float, clock: Clock, processes: int = 1
) -> Speed:
    """Train for some updates, whose weights are thrown away.

    Args:
        recipe: the recipe of a candidate, without a budget.
        dataset: the dataset of the run.
        hardware: the device and the precision.
        seconds: seconds that this may take, where the fewest updates do not take more.
        clock: the clock.
        processes: number of processes that share the mini-batches of an update; this one measures its own part.
    """
    began = clock()
    setup = set_up(shortened_recipe(recipe, _WARMING_UP + _MOST), dataset, hardware, ALONE)
    beginning = clock() - began
    accumulation = recipe.training.batch.accumulation // processes
    tokens, timed = 0, 0
    try:
        for update in range(1, _WARMING_UP + _MOST + 1):
            batches = [next(setup.loader).to(setup.state.model.device) for _ in range(accumulation)]
            result = training_step(setup.state, batches, update, setup.settings)
            if update == _WARMING_UP:
                first = clock()
            elif update > _WARMING_UP:
                timed += 1
                tokens += result.target_tokens
                taken = clock() - first
                if timed >= _FEWEST and first + taken - began - beginning > seconds:
                    break
    finally:
        setup.loader.close()
    return Speed(max(taken / timed, _SHORTEST), processes * tokens / timed, beginning)
