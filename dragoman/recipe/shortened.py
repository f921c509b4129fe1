"""A recipe for fewer updates than it was written for: what becomes of its warm-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman.recipe.training import TrainingRecipe

_SHARE = 10
"""Updates for each one of the warm-up, where that of the recipe does not fit."""


def shortened(recipe: TrainingRecipe, updates: int, planned: int | None = None) -> TrainingRecipe:
    """The settings with so many updates, which end the schedule. A warm-up that fits into them stays, and one that does
    not becomes a tenth of them; of an experiment that stands for a longer run it keeps its share of that run.

    Args:
        recipe: to be given another length.
        updates: to do.
        planned: the updates of the run that an experiment stands for; None if these are all that is to be done.
    """
    warmup = recipe.schedule.warmup
    if planned is not None:
        warmup = round(warmup * min(updates / planned, 1.0))
    elif warmup >= updates:
        warmup = updates // _SHARE
    schedule = recipe.schedule.model_copy(update={"warmup": min(warmup, updates - 1)})
    return recipe.model_copy(update={"updates": updates, "schedule": schedule})


def shortening(before: TrainingRecipe, after: TrainingRecipe) -> str | None:
    """A sentence on the warm-up that was shortened between two recipes; None if it was not."""
    old, new = before.schedule.warmup, after.schedule.warmup
    if old == new:
        return None
    return (
        f"training.schedule.warmup is now {new}, for {old} do not fit into {after.updates:,} updates; give another "
        "with --set training.schedule.warmup=…"
    )


def fitting_warmup(values: Mapping[str, Any], changes: Mapping[str, Any]) -> tuple[dict[str, Any], str] | None:
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
    if type(updates) is not int or updates < 1 or not isinstance(schedule, Mapping) or "warmup" in schedule:
        return None
    try:
        before = TrainingRecipe.model_validate(own)
    except ValueError:
        return None
    after = shortened(before, updates)
    said = shortening(before, after)
    return None if said is None else ({"training": {"schedule": {"warmup": after.schedule.warmup}}}, said)
