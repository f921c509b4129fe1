"""The corpora that a caller names to measure a model on."""

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
    """Check that corpora are of the kind that the model learnt from, and complete them by its recipe.

    Args:
        recipe: recipe that the model was trained by.
        sections: corpora, written as in a recipe.
        columns: names of the columns, where they differ from those of training.

    Raises:
        InputError: if the corpora are of another kind.
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
