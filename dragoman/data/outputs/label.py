"""Labels that a model tells apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from dragoman.contracts.expect import expect
from dragoman.data.cells import Cells, Held, values_of
from dragoman.data.outputs.output import Output
from dragoman.data.training_part import TrainingPart
from dragoman.fields.cells import is_missing
from dragoman.fields.label import LabelField, label_of
from dragoman.recipe import Recipe


class LabelOutput(Output):
    """One of several classes for each example."""

    noun = "label"

    def cells_of(self, values: Sequence[object]) -> Held:
        """Labels, as numbers or as text."""
        return Held.of(values)

    def missing(self, targets: Cells) -> Bool[np.ndarray, " n"]:
        """Empty cells."""
        return np.array([is_missing(cell) for cell in values_of(targets)], dtype=bool)

    def learn(self, part: TrainingPart, recipe: Recipe) -> LabelField:
        """The classes, and how many training examples each has."""
        del recipe
        counts: Counter[str] = Counter()
        for batch in part:
            counts.update(label_of(cell) for cell in values_of(batch.targets))
        if part.parent is not None:
            return expect(part.parent.target, LabelField).extended(counts, file=part.file)
        return LabelField.of_counts(counts, file=part.file)
