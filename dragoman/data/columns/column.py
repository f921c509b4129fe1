"""The contract of a column: what a split holds of its sources, or of its targets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from dragoman.contracts import Source, Target
from dragoman.data.cells import Cells
from dragoman.data.columns.encoded import Encoded, Whereabouts
from dragoman.data.columns.expected import ExpectedColumn
from dragoman.data.rendering import Rendering
from dragoman.fields.field import Field

F = TypeVar("F", bound=Field)
B_co = TypeVar("B_co", bound=Source | Target, covariant=True)


class Column(ABC, Generic[F, B_co]):
    """The sources, or the targets, of the examples of a split, encoded by a field F and handed out as batches B.

    Attributes:
        lengths: how much of a mini-batch each example takes: tokens, or 1.
    """

    lengths: Int[np.ndarray, " n"]

    @abstractmethod
    def __init__(self, table: pa.Table, side: str, field: F, rendering: Rendering | None) -> None:
        """Open the column.

        Args:
            table: the split.
            side: ``source`` or ``target``.
            field: what encoded the column.
            rendering: how the targets of the split become pictures, if they do.
        """

    @staticmethod
    @abstractmethod
    def expected(side: str, field: F, *, rendered: bool) -> dict[str, ExpectedColumn]:
        """What the file of a split must hold, by the name of each of its columns.

        Args:
            side: ``source`` or ``target``.
            field: what encoded the column.
            rendered: whether pictures may be missing, because they are rendered from the targets.
        """

    @staticmethod
    @abstractmethod
    def encode(side: str, field: F, cells: Cells, where: Whereabouts) -> Encoded:
        """What is written of some cells of a corpus.

        Args:
            side: ``source`` or ``target``.
            field: encodes them.
            cells: the cells.
            where: where they are from.

        Raises:
            InputError: if a cell cannot be used, and the example cannot do without it.
        """

    @abstractmethod
    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None = None) -> B_co:
        """Some examples as a model takes them.

        Args:
            indices: the examples.
            generator: draws what is random in training; None gives the same every time.
        """
