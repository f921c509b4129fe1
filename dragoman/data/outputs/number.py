"""Numbers that a model estimates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from dragoman.contracts.expect import expect
from dragoman.data.cells import Cells, Held, values_of
from dragoman.data.outputs.output import Output
from dragoman.data.training_part import TrainingPart
from dragoman.fields.cells import is_missing
from dragoman.fields.number import NumberField
from dragoman.fields.typed_text import MISSING
from dragoman.recipe import Recipe


class NumberOutput(Output):
    """A number for each example."""

    noun = "number"

    def cells_of(self, values: Sequence[object]) -> Held:
        """Numbers, or text that is to be one."""
        return Held.of(values)

    def missing(self, targets: Cells) -> Bool[np.ndarray, " n"]:
        """Empty cells, and those that say that there is no number, as ``NA``."""
        return np.array([_is_no_number(cell) for cell in values_of(targets)], dtype=bool)

    def learn(self, part: TrainingPart, recipe: Recipe) -> NumberField:
        """Their mean and their standard deviation."""
        del recipe
        if part.parent is not None:
            return expect(part.parent.target, NumberField)
        numbers = [
            NumberField.parse(values_of(batch.targets), part.files.places(batch), part.target_column) for batch in part
        ]
        return NumberField.learn(np.concatenate(numbers))


def _is_no_number(cell: object) -> bool:
    return is_missing(cell) or (isinstance(cell, str) and cell.strip().casefold() in MISSING)
