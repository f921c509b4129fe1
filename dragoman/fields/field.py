"""The contract of a field: what one side of an example is, and how it becomes numbers."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from dragoman.contracts import SourceSize


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
