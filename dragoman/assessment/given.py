"""Corpora that a person gives to measure a model on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.errors import InputError, RecipeError
from dragoman.recipe import Recipe, recipe_from
from dragoman.recipe.columns import check_columns
from dragoman.recipe.data import CorpusRecipe
from dragoman.tasks.table import task_of


def fitting_corpora(
    recipe: Recipe, sections: Sequence[Mapping[str, object]], columns: str | None = None
) -> Sequence[CorpusRecipe]:
    """The corpora that were given, if they are of the kind that a model learnt from.

    Args:
        recipe: the model was trained by.
        sections: corpora, as a recipe writes them.
        columns: the names of their columns, where they were given; else those of training hold.

    Raises:
        InputError: if they are of another kind.
    """
    check_columns(columns, recipe)
    if not sections:
        return ()
    learnt = recipe.data.train[:1] if columns is None else ()
    named = {name: getattr(one, name) for one in learnt for name in ("source_column", "target_column")}
    test = [{**named, **section} if "path" in section else dict(section) for section in sections]
    values: dict[str, Any] = recipe.model_dump(exclude_none=True)
    data = {**values["data"], "train": (), "validation": (), "test": test}
    try:
        return recipe_from({**values, "data": data}).data.test
    except RecipeError as error:
        problems = [problem.removeprefix("recipe: ").replace("data.test: ", "") for problem in error.problems]
        remedy = f"give {task_of(recipe).words.data}."
        raise InputError("; ".join(problems), remedy=remedy) from None
