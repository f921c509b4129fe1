"""The contract of a kind of input: how examples of it are read, and what is measured of the inputs themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from dragoman.contracts import Source
from dragoman.data.examples import Examples
from dragoman.fields.place import TablePlace
from dragoman.model.folder import LoadedModel
from dragoman.reference.features import Features
from dragoman.text.placeholder_mask import Mask
from dragoman.text.ragged import Ragged


@dataclass(frozen=True, slots=True)
class ReadInputs:
    """Inputs as a model reads them.

    Attributes:
        features: features of the inputs themselves.
        lengths: how much of a mini-batch each takes: tokens, columns of pixels, or 1.
        together: most of it that goes through the model together.
        batch: function from the numbers of some inputs to these as a batch.
        shown: the inputs as text for people; None where there is no such text.
        words: the places of the tokens that the words of texts begin with, if words are tagged; otherwise None.
        masks: the placeholders of texts that are translated, by the number of the text.
    """

    features: Features
    lengths: Int[np.ndarray, " n"]
    together: int
    batch: Callable[[Int[np.ndarray, " B"]], Source]
    shown: tuple[str, ...] | None = None
    words: Ragged | None = None
    masks: Mapping[int, Mask] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lengths)


class InputKind(ABC):
    """A kind of input. Both ways of reading give the same for equal inputs."""

    @abstractmethod
    def of_examples(self, loaded: LoadedModel, examples: Examples) -> ReadInputs:
        """The inputs of a split of a dataset."""

    @abstractmethod
    def of_given(self, loaded: LoadedModel, given: Iterable[object], table: TablePlace | None) -> ReadInputs:
        """Inputs as a caller passes them.

        Args:
            loaded: the model.
            given: the inputs.
            table: the table that pictures or rows stand in, for errors.

        Raises:
            InputError: if they are no such inputs, or one cannot be read.
        """
