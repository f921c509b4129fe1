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
)

# Primes, so that they are not mistaken for a width.
SOURCE_LENGTH, TARGET_LENGTH = 211, 223
_SYMBOLS = {SOURCE_LENGTH: "S", TARGET_LENGTH: "T"}
EXAMPLE_WIDTH = 320
"""Columns of a picture that may have any width: a multiple of all strides."""
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
