"""``--corpus *.tmx`` without quotes: the shell writes the names one behind the other, and all belong to the option."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_REPEATABLE = frozenset(
    {"--corpus", "--catalogue", "--text", "--validation", "--validation-text", "--test", "--test-text"}
)


def spread_files(arguments: Sequence[str]) -> list[str]:
    """The arguments with an option before each of several files that follow one option.

    Only files that exist and have the same ending as the first belong to it, so that a recipe or a model's folder that
    stands behind stays what it is.
    """
    spread: list[str] = []
    option, first = "", Path()
    for place, argument in enumerate(arguments):
        if argument == "--":
            return [*spread, *arguments[place:]]
        if argument.startswith("-"):
            option, first = argument, Path()
        elif option in _REPEATABLE:
            if first == Path():
                first = Path(argument)
            elif first.suffix and Path(argument).suffix == first.suffix and Path(argument).is_file():
                spread.append(option)
            else:
                option = ""
        spread.append(argument)
    return spread
