"""Measuring models on data: one function for every kind of model and for every caller."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.errors import InputError
from dragoman.recipe import Recipe
from dragoman.recipe.kinds import title_of
from dragoman.tasks.assessment import Assessed, Assessment, Search
from dragoman.tasks.in_turn import Log
from dragoman.tasks.table import task_of
from dragoman.tasks.task import Task

RECIPES_SEARCH = Search()
"""The search that each model's recipe asks for, in PyTorch."""


def assess(
    subjects: Sequence[Assessed],
    *,
    search: Search = RECIPES_SEARCH,
    side_by_side: bool = False,
    log: Log = lambda message: None,
) -> list[Assessment]:
    """Measure models, each on its own encoding of the same examples.

    Args:
        subjects: one model, or several of one task whose examples are the same.
        search: the search for outputs, where a search is needed.
        side_by_side: whether models take turns, so that their speeds can be compared; otherwise each is used once.
        log: called with a sentence on each part.

    Returns:
        An assessment of each model, in order.

    Raises:
        InputError: if there is no example.
    """
    task = task_of(subjects[0].model.recipe)
    return task.assess(subjects, search, side_by_side=side_by_side, log=log)


def one_task(recipes: Sequence[tuple[str, Recipe]]) -> Task:
    """The task that several models, given by names and recipes, share.

    Raises:
        InputError: if the tasks of two models differ; the message names both.
    """
    (first, recipe), *others = recipes
    task = task_of(recipe)
    for name, other in others:
        if task_of(other) is not task:
            raise InputError(
                f"{first} is {title_of(recipe.model)} and {name} {title_of(other.model)}",
                remedy="compare models of one kind: what goes in and what comes out must be of the same sort.",
            )
    return task
