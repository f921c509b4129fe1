"""A recipe of another length than it was written for: what becomes of its warm-up and of its validations."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dragoman.recipe.growth import mean_mini_batches
from dragoman.recipe.recipe import Recipe
from dragoman.recipe.training import TrainingRecipe
from dragoman.storage.json import JsonObject

_SHARE = 10
"""Updates for each one of the warm-up, where that of the recipe does not fit."""
_VALIDATIONS = 10
"""Validations, and checkpoints, of a run whose length is not the one its recipe was written for."""


def shortened(recipe: TrainingRecipe, updates: int, planned: int | None = None) -> TrainingRecipe:
    """The settings for so many updates, which end the schedule and which no other measure of length ends.

    A warm-up that fits into them stays, and one that does not becomes a tenth of them. In an experiment that stands for
    a longer run it keeps its share of that run. What the recipe gives as a share of the run, such as
    ``schedule.warmup_share``, fits every length.

    Args:
        recipe: The settings to give another length.
        updates: How many to do.
        planned: The updates of the run that an experiment stands for; None if these are all that is to be done.
    """
    warmup = recipe.schedule.warmup
    if planned is not None:
        warmup = round(warmup * min(updates / planned, 1.0))
    elif warmup >= updates:
        warmup = updates // _SHARE
    length: dict[str, object] = {"updates": updates, "tokens": None, "minutes": None}
    if recipe.schedule.warmup_share is None:
        length["schedule"] = recipe.schedule.model_copy(update={"warmup": min(warmup, updates - 1)})
    return recipe.model_copy(update=length)


def shortened_recipe(recipe: Recipe, updates: int, planned: int | None = None) -> Recipe:
    """A recipe for so many updates; see :func:`shortened`."""
    return recipe.model_copy(update={"training": shortened(recipe.training, updates, planned)})


def counted_in_updates(recipe: TrainingRecipe, tokens_per_batch: float) -> TrainingRecipe:
    """The settings with their length in updates: where it is given in tokens, it becomes the updates that these are.
    The schedule then ends with them, and ten validations are spread over them.

    Args:
        recipe: The settings, whose length in tokens stays beside the one in updates.
        tokens_per_batch: Target tokens of a mean batch.
    """
    if recipe.tokens is None:
        return recipe
    updates = max(round(recipe.tokens / (tokens_per_batch * mean_mini_batches(recipe.batch))), 1)
    length = {"tokens": recipe.tokens, "minutes": recipe.minutes}
    return evenly_validated(shortened(recipe, updates)).model_copy(update=length)


def evenly_validated(recipe: TrainingRecipe) -> TrainingRecipe:
    """The settings with ten validations and checkpoints, spread evenly over their updates."""
    interval = math.ceil(recipe.updates / _VALIDATIONS)
    return recipe.model_copy(update={"validate_every": interval, "checkpoint_every": interval})


def shortening(before: TrainingRecipe, after: TrainingRecipe) -> str | None:
    """A sentence on the warm-up that was shortened between two recipes; None if it was not."""
    old, new = before.schedule.warmup, after.schedule.warmup
    if old == new:
        return None
    return (
        f"training.schedule.warmup is now {new}, for {old} do not fit into {after.updates:,} updates; give another "
        "with --set training.schedule.warmup=…"
    )


def fitting_warmup(values: Mapping[str, object], changes: Mapping[str, object]) -> tuple[JsonObject, str] | None:
    """What becomes of the warm-up of a recipe whose updates were changed, and its warm-up was not.

    Args:
        values: the recipe's values before the changes, nested.
        changes: nested values that replace some of them.

    Returns:
        The change to the warm-up, nested, and a sentence on it; None if nothing becomes of it, or if the values are
        wrong, which checking them tells.
    """
    asked, own = changes.get("training"), values.get("training", {})
    if not isinstance(asked, Mapping):
        return None
    updates, schedule = asked.get("updates"), asked.get("schedule", {})
    if type(updates) is not int or updates < 1 or not isinstance(schedule, Mapping):
        return None
    if {"warmup", "warmup_share"} & schedule.keys():
        return None
    try:
        before = TrainingRecipe.model_validate(own)
    except ValueError:
        return None
    after = shortened(before, updates)
    said = shortening(before, after)
    return None if said is None else ({"training": {"schedule": {"warmup": after.schedule.warmup}}}, said)
