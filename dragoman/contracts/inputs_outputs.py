"""Inputs and outputs of models other than text: pictures, rows of a table, labels, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

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

    >>> wide, narrow = np.zeros((1, 32, 100), dtype=np.uint8), np.zeros((1, 32, 60), dtype=np.uint8)
    >>> pictures = Pictures.of([wide, narrow])
    >>> pictures.values.shape, pictures.layout.lengths
    (torch.Size([1, 32, 160]), tensor([100,  60]))

    Attributes:
        values: C channels (1 for grey, 3 for red, green and blue), H rows, and the columns of all pictures side by
            side; each value is from 0, black, to 255, white.
        layout: where each picture's columns lie; a token is a column.
    """

    values: UInt8[Tensor, "C H N"]
    layout: Layout

    @classmethod
    def of(cls, pictures: Sequence[UInt8[np.ndarray, "C H _"]]) -> Pictures:
        """The pictures, of one height and of any widths, laid end to end."""
        return cls(torch.from_numpy(np.concatenate(pictures, axis=2)), Layout.of([p.shape[2] for p in pictures]))

    @property
    def layouts(self) -> list[Layout]:
        """No layout: pictures stay side by side and are not padded."""
        return []

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The tensors of which they consist, by name."""
        return {"values": self.values, "lengths": self.layout.lengths}

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

    >>> rows = Rows(numbers=torch.tensor([[0.5, -1.0], [1.5, 0.0]]), categories=torch.tensor([[2], [0]]))
    >>> rows.select(torch.tensor([1])).numbers
    tensor([[1.5000, 0.0000]])

    Attributes:
        numbers: values of the numeric columns, standardised.
        categories: for each categorical column, the number of its value.
    """

    numbers: Float[Tensor, "B n"]
    categories: Int[Tensor, "B c"]

    @property
    def layouts(self) -> list[Layout]:
        """No layout: rows of a table are not padded."""
        return []

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The tensors of which they consist, by name."""
        return {"numbers": self.numbers, "categories": self.categories}

    def select(self, rows: Int[Tensor, " K"]) -> Rows:
        """Rows ``rows``, in that order."""
        rows = rows.to(self.numbers.device)
        return Rows(self.numbers[rows], self.categories[rows])

    def to(self, device: torch.device | str) -> Rows:
        """The same rows on another device."""
        return Rows(self.numbers.to(device, non_blocking=True), self.categories.to(device, non_blocking=True))


_Values = TypeVar("_Values", bound="_OneForEachExample")


@dataclass(frozen=True, slots=True)
class _OneForEachExample:
    """An output of one value for each example, so that there is nothing to pad."""

    values: Tensor

    @property
    def units(self) -> int:
        """The number of examples, over which a mean loss is taken."""
        return len(self.values)

    @property
    def unit_counts(self) -> Int[Tensor, " B"]:
        """One for each example."""
        return torch.ones_like(self.values, dtype=torch.int64)

    @property
    def layouts(self) -> list[Layout]:
        """No layout: there is nothing to pad."""
        return []

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The tensors of which they consist, by name."""
        return {"values": self.values}

    def select(self: _Values, rows: Int[Tensor, " K"]) -> _Values:
        """The values of examples ``rows``, in that order."""
        return type(self)(self.values[rows.to(self.values.device)])

    def to(self: _Values, device: torch.device | str) -> _Values:
        """The same values on another device."""
        return type(self)(self.values.to(device, non_blocking=True))


@dataclass(frozen=True, slots=True)
class Labels(_OneForEachExample):
    """The class number of each example, from 0."""

    values: Int[Tensor, " B"]


@dataclass(frozen=True, slots=True)
class Numbers(_OneForEachExample):
    """A number for each example, standardised."""

    values: Float[Tensor, " B"]


@dataclass(frozen=True, slots=True)
class Nothing:
    """The input of a language model that writes texts: nothing but their number.

    Attributes:
        rows: number of texts to write.
    """

    rows: int

    def select(self, rows: Int[Tensor, " K"]) -> Nothing:
        """The input for as many texts as are selected."""
        return Nothing(len(rows))


@dataclass(frozen=True, slots=True)
class Tags:
    """A tag for each word of several texts, with the words of all rows end to end.

    >>> tags = Tags.of([[2, 0], [1]], first=[[0, 3], [0]])
    >>> tags.places(Layout.of([5, 2]))
    tensor([0, 3, 5])

    Attributes:
        values: the number of each word's tag, from 0.
        first: the position, from 0, in its source row of the token with which each word begins.
        layout: where the words of each row lie; its tokens are words.
    """

    values: Int[Tensor, " M"]
    first: Int[Tensor, " M"]
    layout: Layout

    @classmethod
    def of(cls, values: Sequence[Sequence[int]], first: Sequence[Sequence[int]]) -> Tags:
        """Pack the tags of several rows, and the positions where their words begin.

        Raises:
            ValueError: if there is no row, or a row has no word.
        """
        tags, places = Packed.of(values), Packed.of(first)
        return cls(tags.values, places.values, tags.layout)

    @property
    def units(self) -> int:
        """The number of words, over which a mean loss is taken."""
        return self.layout.tokens

    @property
    def unit_counts(self) -> Int[Tensor, " B"]:
        """The number of words of each row."""
        return self.layout.lengths

    @property
    def layouts(self) -> list[Layout]:
        """No layout: there is nothing to pad."""
        return []

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The tensors of which they consist, by name."""
        return {"values": self.values, "first": self.first, "lengths": self.layout.lengths}

    def places(self, source: Layout) -> Int[Tensor, " M"]:
        """The index in the packed source of the token with which each word begins."""
        return source.starts.index_select(0, self.layout.rows) + self.first

    def select(self, rows: Int[Tensor, " K"]) -> Tags:
        """The tags of rows ``rows``, in that order."""
        layout, words = self.layout.select(rows)
        return Tags(self.values[words], self.first[words], layout)

    def to(self, device: torch.device | str) -> Tags:
        """The same tags on another device."""
        values, first = (part.to(device, non_blocking=True) for part in (self.values, self.first))
        return Tags(values, first, self.layout.to(device))


Source = Packed | Pictures | Rows
"""What an encoder reads."""


@dataclass(frozen=True, slots=True)
class TextSize:
    """The size of a vocabulary, from which an encoder or a decoder of text is built.

    Attributes:
        symbols: how many symbols the vocabulary has.
        special: the ids of its special symbols.
    """

    symbols: int
    special: SpecialSymbols = DEFAULT_SYMBOLS

    @property
    def values(self) -> int:
        """The number of different symbols."""
        return self.symbols


@dataclass(frozen=True, slots=True)
class PictureSize:
    """The size of pictures, from which an encoder of pictures is built.

    Attributes:
        channels: number of channels, 1 or 3.
        height: height in pixels.
        width: width in pixels; None where pictures differ in width.
    """

    channels: int
    height: int
    width: int | None

    @property
    def values(self) -> int:
        """The least number of values of a picture."""
        return self.channels * self.height * (self.width or 1)


@dataclass(frozen=True, slots=True)
class RowSize:
    """The columns of a table, from which an encoder of rows is built.

    Attributes:
        numbers: number of numeric columns.
        categories: number of values of each categorical column; the last value stands for all that training has not
            seen.
    """

    numbers: int
    categories: tuple[int, ...]

    @property
    def values(self) -> int:
        """The number of numeric columns and of different categorical values."""
        return self.numbers + sum(self.categories)


@dataclass(frozen=True, slots=True)
class TagSize:
    """The tags of words, from which a decoder is built.

    Attributes:
        names: the names of the tags, by their numbers.
    """

    names: tuple[str, ...]

    @property
    def values(self) -> int:
        """The number of tags."""
        return len(self.names)


SourceSize = TextSize | PictureSize | RowSize
"""The size of inputs, from which an encoder is built."""

TargetSize = TextSize | TagSize | int
"""The size of outputs, from which a decoder is built: the vocabulary, the tags, or the number of classes; 1 for a
number."""

Target = Packed | Labels | Numbers | Tags
"""The target of a decoder."""
