"""What a caller passes from Python: its items in order, or one clear error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from dragoman.errors import InputError

if TYPE_CHECKING:
    from pandas import DataFrame

T = TypeVar("T")

TEXTS = "texts"


def items_of(given: Iterable[T], what: str = TEXTS) -> Iterable[T]:
    """The items of a list, tuple, one-dimensional array, Series, generator or other ordered iterable.

    Args:
        given: what the caller passed.
        what: plural name of the items in errors, such as ``texts``.

    Raises:
        InputError: if it is a single item, a table, or has no order.

    >>> items_of(("one", "two"))
    ('one', 'two')
    """
    one = _ONE.get(type(given)) or ("one path" if isinstance(given, PurePath) else None)
    if one is not None:
        raise InputError(
            f"{one} was given in the place of a list of {what}: {_shown(given)}", remedy=f"give a list of {what}: [it]."
        )
    columns = _columns(given)
    if columns is not None:
        name = columns[0] if columns else "name"
        raise InputError(
            f"a table, or a mapping, was given in the place of a list of {what}",
            remedy=f"give one of its columns, such as given[{name!r}].",
        )
    if isinstance(given, Set):
        raise InputError(
            f"a set, which has no order, was given in the place of a list of {what}", remedy="give a list."
        )
    shape = tuple(getattr(given, "shape", (0,)))
    if len(shape) not in ((1, 3, 4) if what == PICTURES else (1,)):
        raise InputError(
            f"an array of shape {shape} was given in the place of a list of {what}",
            remedy="put it in a list: [it]." if what == PICTURES else "give an array of one dimension, or a list.",
        )
    if not isinstance(given, Iterable):
        raise InputError(
            f"{_shown(given)}, which is {type(given).__name__}, was given in the place of a list of {what}",
            remedy=f"give a list of {what}.",
        )
    return given


def inputs_of(given: Any, what: str) -> list[Any] | DataFrame:
    """The inputs of a model as a list; rows may also stay a DataFrame.

    Raises:
        InputError: if :func:`items_of` refuses it, or if rows are no mappings.

    >>> inputs_of([{"colour": "red"}], "rows of a table")
    [{'colour': 'red'}]
    """
    if what != ROWS:
        return texts_of(given) if what == TEXTS else list(items_of(given, what))
    if _columns(given) is not None and not isinstance(given, Mapping):
        return given
    if isinstance(given, Mapping):
        raise InputError(
            f"one mapping was given in the place of rows: {_shown(given)}",
            remedy="give a list with a mapping from column to value for each row, or a DataFrame.",
        )
    rows = list(items_of(given, what))
    for number, row in enumerate(rows, start=1):
        if not hasattr(row, "keys"):
            raise InputError(
                f"row {number} is {_shown(row)}, which is {type(row).__name__} and no mapping from column to value",
                remedy="give a list with a mapping for each row, or a DataFrame.",
            )
    return rows


def one_input(given: object) -> Iterable[object]:
    """One input in a list; or a table that has one row.

    Raises:
        InputError: if a table has more rows or fewer.

    >>> one_input("a text")
    ['a text']
    """
    if _columns(given) is None or isinstance(given, Mapping):
        return [given]
    rows = len(given)  # type: ignore[arg-type]  # A table has a length.
    if rows != 1:
        raise InputError(
            f"a table of {rows:,} rows was given in the place of one input",
            remedy="give one row: table.iloc[[number]].",
        )
    return given  # type: ignore[return-value]  # Whoever takes rows takes a table.


def texts_of(given: Iterable[str]) -> list[str]:
    """The items as a list, if all of them are text.

    Raises:
        InputError: naming the first item that is not text; or if :func:`items_of` refuses the whole.

    >>> texts_of(text for text in ("one", "two"))
    ['one', 'two']
    """
    texts = list(items_of(given))
    refuse_what_is_no_text(texts)
    return texts


def refuse_what_is_no_text(items: Iterable[object], before: int = 0) -> None:
    """Check that items are text; ``before`` items precede them.

    Raises:
        InputError: naming the first item that is not text.
    """
    for number, text in enumerate(items, start=before + 1):
        if not isinstance(text, str):
            raise InputError(
                f"item {number} is {_shown(text)}, which is {type(text).__name__} and not text", remedy=_STRINGS
            )


PICTURES = "pictures"
ROWS = "rows"
_STRINGS = "give a list of strings."
_LONGEST_SHOWN = 60
_ONE: dict[type, str] = {str: "one text", bytes: "one item of bytes", bytearray: "one item of bytes"}


def _columns(given: object) -> list[object] | None:
    """The names of a table's columns or of a mapping's entries; None if it is neither."""
    if isinstance(given, Mapping):
        return list(given)
    names = getattr(given, "columns", None)
    return None if names is None else [str(name) for name in names]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
