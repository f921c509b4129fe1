"""Pictures and rows of a table as one vector of numbers each."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from dragoman.contracts import Pictures, Rows
from dragoman.encoders.ink import ink
from dragoman.errors import UnsupportedError
from dragoman.layers.initialization import embedding_normal


def of_one_size(source: Pictures, channels: int, height: int, width: int) -> UInt8[Tensor, "B C H W"]:
    """The pictures as one tensor, where all have this size.

    Raises:
        UnsupportedError: if a picture has another size.
    """
    layout = source.layout
    found = source.values.shape[:2]
    if found != (channels, height) or not layout.rectangular or layout.longest != width:
        other = next((n for n in layout.lengths.tolist() if n != width), width)
        raise UnsupportedError(
            f"this encoder reads pictures with {channels} channels, height {height} and width {width}, and got one "
            f"with {found[0]} channels, height {found[1]} and width {other}",
            remedy="scale all pictures to that size, or train an encoder that reads pictures of any width.",
        )
    # Convolutions are fastest where the channels of a pixel lie together.
    pixels = source.values.view(channels, height, layout.batch, width).permute(2, 1, 3, 0).contiguous()
    return pixels.permute(0, 3, 1, 2)


class PictureNumbers(nn.Module):
    """The pixels of a picture as numbers from 0, white, to 1, black.

    >>> from dragoman.contracts import Layout
    >>> pictures = Pictures(torch.tensor([[[0, 255]]], dtype=torch.uint8), Layout.of([2]))
    >>> PictureNumbers(channels=1, height=1, width=2)(pictures)
    tensor([[1., 0.]])

    Args:
        channels: number of channels of every picture.
        height: height of every picture, in pixels.
        width: width of every picture, in pixels.

    Attributes:
        outputs: how many numbers n a picture gives.
    """

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.size = channels, height, width
        self.outputs = channels * height * width

    def forward(self, source: Pictures) -> Float[Tensor, "B n"]:
        """The numbers of each picture, channel by channel, row by row.

        Raises:
            UnsupportedError: if a picture has another size.
        """
        return ink(of_one_size(source, *self.size).flatten(1), torch.float32)


class RowNumbers(nn.Module):
    """The numeric columns of a table's row, followed by a vector for each categorical column.

    The vector is learned, or it is one-hot: 1 at the index of the value and 0 elsewhere, so that a linear decoder on
    top is linear regression with dummy variables. The last value of a column, which stands for all values that training
    has not seen, is a vector of zeros.

    >>> rows = Rows(torch.tensor([[0.5], [0.7]]), torch.tensor([[1], [2]]))
    >>> RowNumbers(numbers=1, categories=[3], embedding=None)(rows)
    tensor([[0.5000, 0.0000, 1.0000],
            [0.7000, 0.0000, 0.0000]])

    Args:
        numbers: how many numeric columns there are.
        categories: how many values each categorical column has, the last included.
        embedding: width of the learned vector of a value; None for one-hot vectors.

    Attributes:
        widths: how many numbers stand for each categorical column.
        outputs: how many numbers n a row gives.
    """

    def __init__(self, numbers: int, categories: Sequence[int], embedding: int | None) -> None:
        super().__init__()
        self.numbers = numbers
        self.categories = tuple(categories)
        self.widths = tuple(values - 1 if embedding is None else embedding for values in self.categories)
        self.outputs = numbers + sum(self.widths)
        self.embeddings: nn.ModuleList | None = None
        if embedding is not None:
            tables = [nn.Embedding(values, embedding, padding_idx=values - 1) for values in self.categories]
            for table in tables:
                embedding_normal(table.weight.data[:-1])
            self.embeddings = nn.ModuleList(tables)

    def forward(self, source: Rows) -> Float[Tensor, "B n"]:
        """The numbers of each row.

        Raises:
            UnsupportedError: if the table has other columns.
        """
        found = source.numbers.shape[1], source.categories.shape[1]
        if found != (self.numbers, len(self.categories)):
            raise UnsupportedError(
                f"this encoder reads rows of {self.numbers} numeric and {len(self.categories)} categorical columns, "
                f"and got {found[0]} and {found[1]}",
                remedy="give it a table with the columns that it was trained on.",
            )
        columns = source.categories.unbind(1)
        if self.embeddings is None:
            dummies = [F.one_hot(c, n)[:, :-1] for c, n in zip(columns, self.categories, strict=True)]
            return torch.cat([source.numbers, *(dummy.to(source.numbers) for dummy in dummies)], 1)
        return torch.cat([source.numbers, *(table(c) for c, table in zip(columns, self.embeddings, strict=True))], 1)
