"""The contract of an output: what a model says, from the cells of a corpus to the field that decodes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from dragoman.data.cells import Cells
from dragoman.data.training_part import TrainingPart
from dragoman.fields.field import TargetField
from dragoman.recipe import Recipe


class Output(ABC):
    """What comes out of a model.

    Attributes:
        noun: what the model says, in a message.
        is_text: whether the targets of examples are text.
    """

    noun: str
    is_text = False

    @abstractmethod
    def cells_of(self, values: Sequence[object]) -> Cells:
        """The targets of a table's rows, as its column holds them.

        Raises:
            InputError: if one cannot be a target.
        """

    @abstractmethod
    def missing(self, targets: Cells) -> Bool[np.ndarray, " n"]:
        """Whether each example lacks its target, so that it cannot be used."""

    @abstractmethod
    def learn(self, part: TrainingPart, recipe: Recipe) -> TargetField:
        """What is to be known of the targets, from the training examples.

        Raises:
            InputError: if they cannot be used.
        """
