"""One example to send through a model, only to see the shapes."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from dragoman.contracts import (
    Layout,
    Packed,
    Pictures,
    PictureSize,
    Rows,
    RowSize,
    Source,
    SourceSize,
    TargetSize,
    TextSize,
)
from dragoman.recipe import Recipe
from dragoman.recipe.architecture import ModelRecipe

# Primes, so that they are not mistaken for a width.
SOURCE_LENGTH, TARGET_LENGTH = 211, 223
_SYMBOLS = {SOURCE_LENGTH: "S", TARGET_LENGTH: "T"}
EXAMPLE_WIDTH = 320
"""Columns of a picture that may have any width: a multiple of all strides."""
UNKNOWN_CLASSES, UNKNOWN_COLUMNS = 10, 8
"""What stands in for what only the data can tell."""
_TOKEN = 0
"""The id of every token: which it is makes no difference to the shapes."""


@dataclass(frozen=True, slots=True)
class ExampleInput:
    """What goes in.

    Attributes:
        source: as an encoder reads it.
        width: columns of the picture; 0 if it is none.
    """

    source: Source
    width: int


def example_inputs(size: SourceSize, device: torch.device) -> list[ExampleInput]:
    """One text, row or picture; of pictures of any width two, the wider first."""
    if isinstance(size, RowSize):
        rows = Rows(torch.zeros(1, size.numbers), torch.zeros(1, len(size.categories), dtype=torch.int64))
        return [ExampleInput(rows.to(device), 0)]
    if not isinstance(size, PictureSize):
        return [ExampleInput(Packed.of([[_TOKEN] * SOURCE_LENGTH], device), 0)]
    widths = [EXAMPLE_WIDTH, EXAMPLE_WIDTH // 2] if size.width is None else [size.width]
    return [
        ExampleInput(
            Pictures(torch.zeros(size.channels, size.height, width, dtype=torch.uint8), Layout.of([width])).to(device),
            width,
        )
        for width in widths
    ]


def example_target(device: torch.device) -> Packed:
    """One text to be written."""
    return Packed.of([[_TOKEN] * TARGET_LENGTH], device)


def symbol(size: int, of_narrower: int, widths: list[int]) -> str:
    """A size for people to read: a number, ``S`` or ``T`` for the tokens of a text, or the share of the width ``W``
    that it is if a narrower picture has another."""
    if size == of_narrower:
        return _SYMBOLS.get(size, f"{size:,}")
    share = (size - of_narrower) / (widths[0] - widths[1])
    if share < 1:
        return f"W/{1 / share:g}"
    return "W" if share == 1 else f"{share:g}·W"


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
    targets: dict[str, TargetSize] = {"text": vocabulary, "label": UNKNOWN_CLASSES, "number": 1}
    return sources[recipe.model.reads], targets[recipe.model.says]


def example_title(recipe: ModelRecipe, source: SourceSize, target: TargetSize, unknown: str = "") -> str:
    """What goes in and out, for people to read.

    Args:
        recipe: of the model.
        source: what goes in.
        target: the vocabulary, or how many classes there are.
        unknown: is added to what only the data can tell, if the sizes are those of :func:`stand_in_sizes`.
    """
    classes = f"{target:,} classes{unknown}" if isinstance(target, int) else ""
    outputs = {"text": "T target tokens", "label": classes, "number": "one number"}[recipe.says]
    if recipe.reads == "nothing":
        return f"one sentence of {outputs}"
    if isinstance(source, PictureSize):
        width = "W" if source.width is None else f"{source.width:,}"
        return f"one picture of {source.channels} × {source.height:,} × {width}, and {outputs}"
    if isinstance(source, RowSize):
        categorical = f" and {len(source.categories):,} categorical" if source.categories else ""
        return f"one row of {source.numbers:,} numeric{categorical} columns{unknown}, and {outputs}"
    return f"one sentence of S source{'' if recipe.says == 'text' else ' tokens,'} and {outputs}"
