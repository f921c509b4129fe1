"""What a model reads beside text, and what it says beside text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from dragoman.contracts.layout import Layout
from dragoman.contracts.packed import Packed
from dragoman.contracts.special_symbols import DEFAULT_SYMBOLS, SpecialSymbols


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures of one height, laid end to end.

    Attributes:
        values: C channels (1 grey, or 3 for red, green and blue), H rows, and the columns of all pictures side by side;
            each from 0, black, to 255.
        layout: where each picture's columns lie; a token is a column.
    """

    values: UInt8[Tensor, "C H N"]
    layout: Layout

    @classmethod
    def of(cls, pictures: Sequence[UInt8[np.ndarray, "C H _"]]) -> Pictures:
        """Lay pictures of one height, and of any widths, end to end."""
        return cls(torch.from_numpy(np.concatenate(pictures, axis=2)), Layout.of([p.shape[2] for p in pictures]))

    @property
    def layouts(self) -> list[Layout]:
        """Nothing of pictures is padded: they stay side by side."""
        return []

    def select(self, rows: Int[Tensor, " K"]) -> Pictures:
        """Pictures ``rows``, in that order."""
        layout, columns = self.layout.select(rows)
        return Pictures(self.values[:, :, columns], layout)

    def to(self, device: torch.device | str) -> Pictures:
        """The same pictures on another device."""
        return Pictures(self.values.to(device, non_blocking=True), self.layout.to(device))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table.

    Attributes:
        numbers: the numeric columns, standardised.
        categories: the number of each categorical column's value.
    """

    numbers: Float[Tensor, "B n"]
    categories: Int[Tensor, "B c"]

    @property
    def layouts(self) -> list[Layout]:
        """Nothing of a table is padded."""
        return []

    def select(self, rows: Int[Tensor, " K"]) -> Rows:
        """Rows ``rows``, in that order."""
        rows = rows.to(self.numbers.device)
        return Rows(self.numbers[rows], self.categories[rows])

    def to(self, device: torch.device | str) -> Rows:
        """The same rows on another device."""
        return Rows(self.numbers.to(device, non_blocking=True), self.categories.to(device, non_blocking=True))


@dataclass(frozen=True, slots=True)
class Labels:
    """The number of each example's class, from 0."""

    values: Int[Tensor, " B"]

    @property
    def units(self) -> int:
        """What a loss over them is the mean of: examples."""
        return len(self.values)

    @property
    def unit_counts(self) -> Int[Tensor, " B"]:
        """One for each example."""
        return torch.ones_like(self.values, dtype=torch.int64)

    @property
    def layouts(self) -> list[Layout]:
        """Nothing of them is padded."""
        return []

    def select(self, rows: Int[Tensor, " K"]) -> Labels:
        """The labels of examples ``rows``, in that order."""
        return Labels(self.values[rows.to(self.values.device)])

    def to(self, device: torch.device | str) -> Labels:
        """The same labels on another device."""
        return Labels(self.values.to(device, non_blocking=True))


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number for each example, standardised."""

    values: Float[Tensor, " B"]

    @property
    def units(self) -> int:
        """What a loss over them is the mean of: examples."""
        return len(self.values)

    @property
    def unit_counts(self) -> Int[Tensor, " B"]:
        """One for each example."""
        return torch.ones_like(self.values, dtype=torch.int64)

    @property
    def layouts(self) -> list[Layout]:
        """Nothing of them is padded."""
        return []

    def select(self, rows: Int[Tensor, " K"]) -> Numbers:
        """The numbers of examples ``rows``, in that order."""
        return Numbers(self.values[rows.to(self.values.device)])

    def to(self, device: torch.device | str) -> Numbers:
        """The same numbers on another device."""
        return Numbers(self.values.to(device, non_blocking=True))


@dataclass(frozen=True, slots=True)
class Nothing:
    """What a language model reads before it writes.

    Attributes:
        rows: number of texts to write.
    """

    rows: int

    def select(self, rows: Int[Tensor, " K"]) -> Nothing:
        """The same for as many texts as are selected."""
        return Nothing(len(rows))


Source = Packed | Pictures | Rows
"""What an encoder reads."""


@dataclass(frozen=True, slots=True)
class TextSize:
    """What an encoder or a decoder of text must know of its vocabulary.

    Attributes:
        symbols: how many symbols the vocabulary has.
        special: the ids of its special symbols.
    """

    symbols: int
    special: SpecialSymbols = DEFAULT_SYMBOLS

    @property
    def values(self) -> int:
        """How many different symbols there are to read."""
        return self.symbols


@dataclass(frozen=True, slots=True)
class PictureSize:
    """What an encoder of pictures must know before it sees one.

    Attributes:
        channels: 1 or 3.
        height: in pixels.
        width: in pixels; None where pictures differ in it.
    """

    channels: int
    height: int
    width: int | None

    @property
    def values(self) -> int:
        """How many numbers a picture has at the least."""
        return self.channels * self.height * (self.width or 1)


@dataclass(frozen=True, slots=True)
class RowSize:
    """What an encoder of rows must know before it sees one.

    Attributes:
        numbers: numeric columns.
        categories: values of each categorical column; the last stands for all that training has not seen.
    """

    numbers: int
    categories: tuple[int, ...]

    @property
    def values(self) -> int:
        """How many numbers and categories there are to read."""
        return self.numbers + sum(self.categories)


SourceSize = TextSize | PictureSize | RowSize
"""What an encoder must know of its inputs."""

TargetSize = TextSize | int
"""What a decoder must know of its outputs: the vocabulary, or how many classes there are; 1 for a number."""

Target = Packed | Labels | Numbers
"""What a decoder shall say."""
