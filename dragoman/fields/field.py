"""The contract of a field: it knows the inputs or outputs of a model, and turns them into numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64

from dragoman.contracts import SourceSize, TargetSize


@runtime_checkable
class Field(Protocol):
    """The inputs or the outputs of a model, with all that was learnt of them from the training examples."""

    @property
    def size(self) -> SourceSize | TargetSize:
        """The size that an encoder or decoder is built for: of vocabulary, classes, pictures or rows."""
        ...

    def describe(self) -> list[str]:
        """A few lines of text for people."""
        ...


@runtime_checkable
class SourceField(Field, Protocol):
    """The field of a model's inputs."""

    @property
    def size(self) -> SourceSize:
        """The size that an encoder is built for: of the vocabulary, the pictures or the rows."""
        ...


@runtime_checkable
class TargetField(Field, Protocol):
    """The field of a model's outputs."""

    @property
    def size(self) -> TargetSize:
        """The size that a decoder is built for: of the vocabulary, the number of classes, or 1 for a number."""
        ...


class PredictedField(ABC):
    """The field of predictions: a label or a number for an input as a whole, or a tag for each word of a text.

    Attributes:
        plural: plural name of what is predicted.
    """

    plural: ClassVar[str]

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """The labels or tags that get a probability each, in the order of the decoder's outputs; none for numbers."""

    @property
    @abstractmethod
    def uninformed(self) -> Float64[np.ndarray, "*K"]:
        """The output of a model that ignores its input."""

    @property
    @abstractmethod
    def uninformed_remark(self) -> str:
        """The meaning of :attr:`uninformed`, as a phrase for people."""

    @property
    @abstractmethod
    def calibration(self) -> tuple[Float64[np.ndarray, "*K"], float]:
        """Offset and factor that bring an output of the decoder to the units of the data: offset + factor · output."""

    def written(self, prediction: str | float | list[str]) -> str:
        """A prediction as text for a file: a label, a number, or the tags of a text's words."""
        return str(prediction)
