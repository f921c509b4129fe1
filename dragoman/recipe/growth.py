"""How many mini-batches an update sums: a function of the update's number, so that a checkpoint need not hold it.

The number grows from ``training.batch.first_accumulation`` to ``training.batch.accumulation`` by their greatest common
divisor, so that whatever number of processes divides both divides every number between them. Each number below the last
is used for equally many updates, up to rounding. A larger batch later in a run does what a lower learning rate would do
(Smith et al. 2018), and the processor has larger products to compute.
"""

from __future__ import annotations

import math

from dragoman.recipe.training import BatchRecipe, TrainingRecipe


def mini_batches(recipe: TrainingRecipe, update: int) -> int:
    """The number of mini-batches that update ``update``, from 1, sums.

    >>> recipe = TrainingRecipe(
    ...     updates=8, schedule={"warmup": 1}, batch={"first_accumulation": 2, "accumulation": 8, "growth_until": 0.75}
    ... )
    >>> [mini_batches(recipe, update) for update in range(1, 9)]
    [2, 2, 4, 4, 6, 6, 8, 8]
    """
    first, step, steps = _steps(recipe.batch)
    return first + step * min(steps * (update - 1) // _growing_updates(recipe), steps)


def mini_batches_until(recipe: TrainingRecipe, update: int) -> int:
    """The number of mini-batches of the first ``update`` updates together.

    >>> recipe = TrainingRecipe(
    ...     updates=8, schedule={"warmup": 1}, batch={"first_accumulation": 2, "accumulation": 8, "growth_until": 0.75}
    ... )
    >>> [mini_batches_until(recipe, update) for update in (0, 1, 2, 3, 8)]
    [0, 2, 4, 8, 40]
    """
    first, step, steps = _steps(recipe.batch)
    growing = _growing_updates(recipe)
    # Step k is made after the first ⌈k · growing / steps⌉ updates; from then on each update has ``step`` more.
    after = (-(-number * growing // steps) for number in range(1, steps + 1))
    return first * update + step * sum(max(update - begin, 0) for begin in after)


def mean_mini_batches(batch: BatchRecipe) -> float:
    """The mean number of mini-batches of an update over a whole run, but for the rounding of steps to updates.

    >>> mean_mini_batches(BatchRecipe(accumulation=8, first_accumulation=2, growth_until=0.75))
    5.0
    """
    first, step, steps = _steps(batch)
    if not steps:
        return float(batch.accumulation)
    while_growing = first + step * (steps - 1) / 2
    return batch.growth_until * while_growing + (1 - batch.growth_until) * batch.accumulation


def _steps(batch: BatchRecipe) -> tuple[int, int, int]:
    """The first number of mini-batches, by how many it grows at once, and how often."""
    first, last = batch.first_accumulation or batch.accumulation, batch.accumulation
    step = math.gcd(first, last)
    return first, step, (last - first) // step


def _growing_updates(recipe: TrainingRecipe) -> int:
    """Updates before the first one that has the full number of mini-batches."""
    return max(round(recipe.batch.growth_until * recipe.updates), 1)
