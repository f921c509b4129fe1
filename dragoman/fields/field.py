"""The contract of a field: what one side of an example is, and how it becomes numbers."""

from __future__ import annotations

from typing import Protocol, TypeVar, runtime_checkable

from dragoman.contracts import SourceSize
from dragoman.errors import InputError

T = TypeVar("T")


@runtime_checkable
class Field(Protocol):
    """What goes into a model, or what comes out, with all that was learnt of it from the training examples."""

    @property
    def size(self) -> SourceSize:
        """What an encoder or a decoder must know: symbols or classes, or the size of pictures or rows."""
        ...

    def describe(self) -> list[str]:
        """A few lines for people to read."""
        ...


@runtime_checkable
class TargetField(Field, Protocol):
    """What a model can say."""

    @property
    def size(self) -> int:
        """Symbols, classes, or numbers for an example."""
        ...


def expect(value: object, kind: type[T]) -> T:
    """The same field or column, which is of the kind that the caller needs.

    Args:
        value: a field, or a column of a split.
        kind: its class.

    Raises:
        InputError: if it is of another kind.

    >>> from dragoman.fields.number import NumberField
    >>> expect(NumberField(0.0, 1.0), NumberField)
    NumberField(mean=0.0, deviation=1.0)
    """
    if isinstance(value, kind):
        return value
    raise InputError(
        f"a {kind.__name__} is needed here, and this is a {type(value).__name__}",
        cause="the model or the dataset is for another task.",
        remedy="give one whose inputs and outputs are of that kind; `dragoman describe` says what a model reads.",
    )
