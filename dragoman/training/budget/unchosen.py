"""Recipes with a budget, which say that a choice is to be made and not yet how to train."""

from __future__ import annotations

from dragoman.errors import RecipeError
from dragoman.recipe import Recipe


def refuse_unchosen(recipe: Recipe) -> None:
    """Make sure that a recipe says how to train, and does not ask for a choice that only ``train`` makes.

    Raises:
        RecipeError: if it has a budget.
    """
    if recipe.training.budget is not None:
        raise RecipeError(
            [
                "training.budget: a recipe is chosen for a budget by `dragoman train` alone, which looks at its data "
                "and times this machine"
            ],
            remedy="give a preset, such as tiny; or train with `auto` first, and give the recipe.toml of that run.",
        )
