"""The contract of an output: what a model says, from the cells of a corpus to the field that decodes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from jaxtyping import Bool

from dragoman.data.cells import Cells
from dragoman.data.chunk import Chunk
from dragoman.data.read_table import TABLES
from dragoman.data.training_part import TrainingPart
from dragoman.errors import InputError
from dragoman.fields.field import TargetField
from dragoman.recipe import Recipe


class Output(ABC):
    """What comes out of a model.

    Attributes:
        noun: what the model says, in a message.
        is_text: whether the targets of examples are text.
        formats: the formats of files that hold texts with such targets.
    """

    noun: str
    is_text = False
    formats: ClassVar[frozenset[str]] = frozenset(TABLES)

    @abstractmethod
    def cells_of(self, values: Sequence[object]) -> Cells:
        """The targets of a table's rows, as its column holds them.

        Raises:
            InputError: if one cannot be a target.
        """

    @abstractmethod
    def missing(self, targets: Cells) -> Bool[np.ndarray, " n"]:
        """Whether each example lacks its target, so that it cannot be used."""

    def unfitting(self, chunk: Chunk) -> Mapping[int, InputError]:
        """What is wrong with the targets that do not go with their sources, by row; here every target goes with every
        source.

        Args:
            chunk: examples whose texts are normalised.
        """
        del chunk
        return {}

    @abstractmethod
    def learn(self, part: TrainingPart, recipe: Recipe) -> TargetField:
        """What is to be known of the targets, from the training examples.

        Raises:
            InputError: if they cannot be used.
        """
