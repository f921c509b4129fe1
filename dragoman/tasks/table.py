"""The table of tasks: the kinds of input and output determine the task."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.recipe import Recipe
from dragoman.tasks.classification import Classification
from dragoman.tasks.inputs import PICTURES, ROWS, TEXTS
from dragoman.tasks.language_modelling import LanguageModelling
from dragoman.tasks.machine_translation import MachineTranslation
from dragoman.tasks.regression import Regression
from dragoman.tasks.tagging import Tagging
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
        ("text", "tags"): Tagging(TEXTS),
    }
)
"""The task for each pair of input kind and output kind."""


def task_of(recipe: Recipe) -> Task:
    """The task of a recipe's model.

    >>> from dragoman.recipe import load_recipe
    >>> type(task_of(load_recipe("row-number"))).__name__
    'Regression'
    """
    return TASKS[recipe.model.input_kind, recipe.model.output_kind]
