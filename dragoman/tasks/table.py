"""The table of tasks: what goes in and what comes out decides what is done with a model."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.recipe import Recipe
from dragoman.tasks.estimating import Estimating
from dragoman.tasks.inputs import PICTURES, ROWS, TEXTS
from dragoman.tasks.labelling import Labelling
from dragoman.tasks.language_modelling import LanguageModelling
from dragoman.tasks.reading import Reading
from dragoman.tasks.task import Task
from dragoman.tasks.translation import Translation

TASKS: Mapping[tuple[str, str], Task] = MappingProxyType(
    {
        ("nothing", "text"): LanguageModelling(),
        ("text", "text"): Translation(),
        ("picture", "text"): Reading(),
        ("text", "label"): Labelling(TEXTS),
        ("picture", "label"): Labelling(PICTURES),
        ("row", "label"): Labelling(ROWS),
        ("text", "number"): Estimating(TEXTS),
        ("picture", "number"): Estimating(PICTURES),
        ("row", "number"): Estimating(ROWS),
    }
)
"""The tasks, by what goes in and what comes out."""


def task_of(recipe: Recipe) -> Task:
    """What the recipe's model is for."""
    return TASKS[recipe.model.reads, recipe.model.says]
