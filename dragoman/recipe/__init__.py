"""Recipes: the settings of an experiment, typed and documented, read from TOML."""

from dragoman.recipe.file import (
    changed,
    dump_recipe,
    load_recipe,
    merge,
    nest,
    preset_values,
    presets,
    recipe_from,
    recipe_of_model,
)
from dragoman.recipe.recipe import Recipe

__all__ = [
    "Recipe",
    "changed",
    "dump_recipe",
    "load_recipe",
    "merge",
    "nest",
    "preset_values",
    "presets",
    "recipe_from",
    "recipe_of_model",
]
