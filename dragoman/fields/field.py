"""The contract of a field: what one side of an example is, and how it becomes numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64

from dragoman.contracts import SourceSize, TargetSize


@runtime_checkable
class Field(Protocol):
    """What goes into a model, or what comes out, with all that was learnt of it from the training examples."""

    @property
    def size(self) -> SourceSize | TargetSize:
        """What an encoder or a decoder must know: the vocabulary, how many classes, or the size of pictures or rows."""
        ...

    def describe(self) -> list[str]:
        """A few lines for people to read."""
        ...


@runtime_checkable
class SourceField(Field, Protocol):
    """What a model can read."""

    @property
    def size(self) -> SourceSize:
        """What an encoder must know: the vocabulary, or the size of pictures or rows."""
        ...


@runtime_checkable
class TargetField(Field, Protocol):
    """What a model can say."""

    @property
    def size(self) -> TargetSize:
        """What a decoder must know: the vocabulary, how many classes there are, or 1 for a number."""
        ...


class PredictedField(ABC):
    """What a model predicts of an input as a whole, a label or a number, or of each word of a text, a tag.

    Attributes:
        uninformed_remark: what :attr:`uninformed` comes to, as a phrase for people to read.
    """

    uninformed_remark: ClassVar[str]

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """The labels that are told apart, each with its probability; none of numbers and tags."""

    @property
    @abstractmethod
    def uninformed(self) -> Float64[np.ndarray, "*K"]:
        """The output of a model that knows nothing of an input."""

    @property
    @abstractmethod
    def calibration(self) -> tuple[float, float]:
        """What an output of the decoder is shifted by, after it was multiplied by the second: the units of the data."""

    @abstractmethod
    def predictions(self, outputs: Float64[np.ndarray, n * K]) -> list[str] | list[float]:
        """What the outputs of a decoder stand for."""

    def written(self, prediction: str | float | list[str]) -> str:
        """A prediction as text, for a file: what :meth:`predictions` gave, or of texts that are predicted of word by
        word a list of it."""
        return str(prediction)
