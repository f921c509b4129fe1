"""The contract of an input: what goes into a model, from a corpus to the field that encodes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt64

from dragoman.data.chunk import Chunk
from dragoman.data.outputs.output import Output
from dragoman.data.training_part import TrainingPart
from dragoman.fields.field import Field, TargetField
from dragoman.recipe import Recipe
from dragoman.recipe.data import CorpusRecipe

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Reading:
    """How a corpus is read.

    Attributes:
        output: what shall come out of the model.
        languages: the codes of source and target, for formats that hold several.
        folder: takes what cannot be held in memory.
        log: is given remarks, such as that another region's language is taken.
    """

    output: Output
    languages: tuple[str, str]
    folder: Path
    log: Callable[[str], None] = field(default=lambda remark: None)


class Input(ABC):
    """What goes into a model.

    Attributes:
        noun: what the model reads, in a message.
        is_text: whether the sources of examples are text.
        has_source: whether there is a source at all.
        renders: whether sources can be made of targets.
    """

    noun: str
    is_text = False
    has_source = True
    renders = False

    @abstractmethod
    def read(self, corpus: CorpusRecipe, reading: Reading) -> Iterator[Chunk]:
        """The examples of a corpus, chunk by chunk, as they are asked for.

        Raises:
            InputError: if it cannot be read, or is not of the format that it is said to be.
        """

    @abstractmethod
    def read_frame(self, frame: DataFrame, corpus: CorpusRecipe, reading: Reading) -> Iterator[Chunk]:
        """The rows of a DataFrame, counted from 1; ``corpus`` names its columns.

        Raises:
            InputError: if there is no such column, or a value is of another kind.
        """

    @abstractmethod
    def keys(self, chunk: Chunk, target_column: str) -> UInt64[np.ndarray, " n"]:
        """64 bits for each example, equal for those whose sources count as the same, which must stay on one side when
        examples are held out.

        Args:
            chunk: the examples, cleaned.
            target_column: the column of a table that is the target.
        """

    @abstractmethod
    def learn(self, part: TrainingPart, recipe: Recipe, output: Output) -> tuple[Field, TargetField]:
        """What is to be known of the sources and of the targets, from the training examples; where both are text, they
        may be learnt together.

        Raises:
            InputError: if they cannot be used.
        """
