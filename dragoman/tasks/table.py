"""The table of tasks: what goes in and what comes out decides what is done with a model."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.recipe import Recipe
from dragoman.tasks.classification import Classification
from dragoman.tasks.inputs import PICTURES, ROWS, TEXTS
from dragoman.tasks.language_modelling import LanguageModelling
from dragoman.tasks.machine_translation import MachineTranslation
from dragoman.tasks.regression import Regression
from dragoman.tasks.task import Task
from dragoman.tasks.text_recognition import TextRecognition

TASKS: Mapping[tuple[str, str], Task] = MappingProxyType(
    {
        ("nothing", "text"): LanguageModelling(),
        ("text", "text"): MachineTranslation(),
        ("picture", "text"): TextRecognition(),
        ("text", "label"): Classification(TEXTS),
        ("picture", "label"): Classification(PICTURES),
        ("row", "label"): Classification(ROWS),
        ("text", "number"): Regression(TEXTS),
        ("picture", "number"): Regression(PICTURES),
        ("row", "number"): Regression(ROWS),
    }
)
"""The tasks, by what goes in and what comes out."""


def task_of(recipe: Recipe) -> Task:
    """What the recipe's model is for."""
    return TASKS[recipe.model.reads, recipe.model.says]
