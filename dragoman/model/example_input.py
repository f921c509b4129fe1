"""Examples that are sent through a model to see the shapes of its layers."""

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
)

# Primes, so that a size which is one of them is the length of a text.
SOURCE_LENGTH, TARGET_LENGTH = 211, 223
_SYMBOLS = {SOURCE_LENGTH: "S", TARGET_LENGTH: "T"}
EXAMPLE_WIDTH = 320
"""The width of the example where pictures may have any width, in columns: a multiple of all strides."""
_TOKEN = 0
"""The id of every token, which makes no difference to the shapes."""


@dataclass(frozen=True, slots=True)
class ExampleInput:
    """One example for an encoder.

    Attributes:
        source: the input, as an encoder reads it.
        width: width of the picture in columns; 0 if it is no picture.
    """

    source: Source
    width: int


def example_inputs(size: SourceSize, device: torch.device) -> list[ExampleInput]:
    """One text, row or picture; two pictures, the wider first, where they may have any width."""
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
    """One target text."""
    return Packed.of([[_TOKEN] * TARGET_LENGTH], device)


def symbol(size: int, of_narrower: int, widths: list[int]) -> str:
    """A size as text: a number, ``S`` or ``T`` for the number of tokens of a text, or a share of the width ``W`` if it
    is another for a narrower picture."""
    if size == of_narrower:
        return _SYMBOLS.get(size, f"{size:,}")
    share = (size - of_narrower) / (widths[0] - widths[1])
    if share < 1:
        return f"W/{1 / share:g}"
    return "W" if share == 1 else f"{share:g}·W"
