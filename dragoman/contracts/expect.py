"""The check that a value has the type that a table promises, for the type checker and for clear errors."""

from __future__ import annotations

from typing import TypeVar

from dragoman.errors import InputError

T = TypeVar("T")


def expect(value: object, kind: type[T]) -> T:
    """The same value, which is of the type that the caller needs.

    A task knows of which type the fields, columns and modules of its models are, because one table says which task a
    recipe is for. Where such a value comes out of something more general, this function says so.

    Args:
        value: a value, such as a field, a column of a split or a model.
        kind: the type that it must have.

        Raises:
            InputError: if the value is of another type.

    >>> expect(3, int)
    3
    """
    if isinstance(value, kind):
        return value
    raise InputError(
        f"a {kind.__name__} is needed here, and this is a {type(value).__name__}",
        cause="the model or the dataset is for another task.",
        remedy="give one whose inputs and outputs are of that kind; `dragoman describe` says what a model reads.",
    )
