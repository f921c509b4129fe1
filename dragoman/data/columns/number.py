"""Numbers, stored as they are and handed out standardised."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float64, Int

from dragoman.contracts import Numbers
from dragoman.data.cells import Cells, values_of
from dragoman.data.columns.column import Column
from dragoman.data.columns.encoded import Encoded, Whereabouts
from dragoman.data.columns.expected import ExpectedColumn
from dragoman.data.rendering import Rendering
from dragoman.fields.number import NumberField


class NumberColumn(Column[NumberField, Numbers]):
    """A number for each example.

    Attributes:
        values: the numbers, not standardised.
    """

    def __init__(self, table: pa.Table, side: str, field: NumberField, rendering: Rendering | None) -> None:
        del rendering
        self.values: Float64[np.ndarray, " n"] = table.column(f"{side}_number").to_numpy()
        self._standardised = field.standardise(self.values).astype(np.float32)
        self.lengths: Int[np.ndarray, " n"] = np.ones(table.num_rows, dtype=np.int64)

    @staticmethod
    def expected(side: str, field: NumberField, *, rendered: bool) -> dict[str, ExpectedColumn]:
        """Finite numbers."""
        del field, rendered
        return {f"{side}_number": ExpectedColumn(pa.float64())}

    @staticmethod
    def encode(side: str, field: NumberField, cells: Cells, where: Whereabouts) -> Encoded:
        """The numbers, not standardised.

        Raises:
            InputError: if a cell is infinite or no number.
        """
        numbers = field.parse(values_of(cells), where.places(), where.heading)
        return Encoded({f"{side}_number": pa.array(numbers, pa.float64())})

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None = None) -> Numbers:
        """The standardised numbers of these examples."""
        del generator
        return Numbers(torch.from_numpy(self._standardised[indices]))
