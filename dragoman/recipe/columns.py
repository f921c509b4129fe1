"""The columns of a table that a caller names."""

from __future__ import annotations

from dragoman.errors import RecipeError
from dragoman.recipe.data import CorpusRecipe
from dragoman.recipe.recipe import Recipe


def check_columns(columns: str | None, recipe: Recipe) -> None:
    """Check that as many columns were named as the model has sides.

    Raises:
        RecipeError: if two columns were named for a model of rows, or only one for another model.
    """
    if columns is None or (recipe.model.input_kind == "row") == ("," not in columns):
        return
    if recipe.model.input_kind == "row":
        raise RecipeError(
            [
                f"--columns {columns}: this model reads the rows of a table; give the name of the target's column "
                "alone, and what is read of the others with --features"
            ]
        )
    raise RecipeError([f"--columns {columns}: give the source's and the target's name, such as en,de"])


def source_column(recipe: Recipe) -> str:
    """The column that a model's sources stood in when it was trained."""
    return next(iter(recipe.data.train), CorpusRecipe.model_construct()).source_column
