"""What goes into a model and comes out of it, as far as a recipe tells before there are data."""

from __future__ import annotations

from dragoman.contracts import PictureSize, RowSize, SourceSize, TagSize, TargetSize, TextSize
from dragoman.recipe.architecture import ModelRecipe
from dragoman.recipe.recipe import Recipe

UNKNOWN_CLASSES, UNKNOWN_COLUMNS = 10, 8
"""What stands in for what only the data can tell."""


def stand_in_sizes(recipe: Recipe) -> tuple[SourceSize, TargetSize]:
    """What :func:`~dragoman.model.build.build` must know of the data, where there is only a recipe: vocabularies of the
    size that the recipe asks for, :data:`UNKNOWN_COLUMNS` numeric columns, :data:`UNKNOWN_CLASSES` classes."""
    pictures, vocabulary = recipe.pictures, TextSize(recipe.tokenizer.vocabulary_size)
    sources: dict[str, SourceSize] = {
        "nothing": vocabulary,
        "text": vocabulary,
        "picture": PictureSize(pictures.channels, pictures.height, pictures.width),
        "row": RowSize(UNKNOWN_COLUMNS, ()),
    }
    tags = TagSize(tuple(f"tag {number + 1}" for number in range(UNKNOWN_CLASSES)))
    targets: dict[str, TargetSize] = {"text": vocabulary, "number": 1, "tags": tags}
    return sources[recipe.model.input_kind], targets.get(recipe.model.output_kind, UNKNOWN_CLASSES)


def example_title(recipe: ModelRecipe, source: SourceSize, target: TargetSize, unknown: str = "") -> str:
    """What goes in and out, for people to read.

    Args:
        recipe: recipe of the model.
        source: what goes in.
        target: the vocabulary, the tags, or how many classes there are.
        unknown: is added to what only the data can tell, if the sizes are those of :func:`stand_in_sizes`.
    """
    classes = f"{target if isinstance(target, int) else target.values:,} classes{unknown}"
    each = {
        "text": "T target tokens",
        "label": classes,
        "number": "one number",
        "tags": f"for each word one of {classes}",
    }
    outputs = each[recipe.output_kind]
    if recipe.input_kind == "nothing":
        return f"one sentence of {outputs}"
    if isinstance(source, PictureSize):
        width = "W" if source.width is None else f"{source.width:,}"
        return f"one picture of {source.channels} × {source.height:,} × {width}, and {outputs}"
    if isinstance(source, RowSize):
        categorical = f" and {len(source.categories):,} categorical" if source.categories else ""
        return f"one row of {source.numbers:,} numeric{categorical} columns{unknown}, and {outputs}"
    return f"one sentence of S source{'' if recipe.output_kind == 'text' else ' tokens,'} and {outputs}"
