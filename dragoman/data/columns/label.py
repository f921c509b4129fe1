"""Labels, stored as class numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Int, Int64

from dragoman.contracts import Labels
from dragoman.data.cells import Cells, values_of
from dragoman.data.columns.column import Column
from dragoman.data.columns.encoded import Encoded, Whereabouts
from dragoman.data.columns.expected import ExpectedColumn
from dragoman.data.rendering import Rendering
from dragoman.fields.label import LabelField


class LabelColumn(Column[LabelField, Labels]):
    """The class of each example.

    Attributes:
        values: the class numbers.
    """

    def __init__(self, table: pa.Table, side: str, field: LabelField, rendering: Rendering | None) -> None:
        del field, rendering
        self.values: Int64[np.ndarray, " n"] = table.column(f"{side}_label").to_numpy().astype(np.int64)
        self.lengths: Int[np.ndarray, " n"] = np.ones(table.num_rows, dtype=np.int64)

    @staticmethod
    def expected(side: str, field: LabelField, *, rendered: bool) -> dict[str, ExpectedColumn]:
        """Class numbers."""
        del rendered
        return {f"{side}_label": ExpectedColumn(pa.int64(), below=field.size)}

    @staticmethod
    def encode(side: str, field: LabelField, cells: Cells, where: Whereabouts) -> Encoded:
        """The class number of each label.

        Raises:
            InputError: if training knows none of that name.
        """
        return Encoded({f"{side}_label": pa.array(field.encode(values_of(cells), where.places()), pa.int64())})

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None = None) -> Labels:
        """The classes of these examples."""
        del generator
        return Labels(torch.from_numpy(self.values[indices]))
