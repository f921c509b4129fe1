"""How wide a search may be."""

from __future__ import annotations

from dragoman.errors import InputError
from dragoman.recipe.section import WIDEST_BEAM


def search_width(beam: int | None, default: int, count: int = 1) -> int:
    """The hypotheses of a search: those asked for, or else the recipe's, and at least as many as outputs are wanted.

    Args:
        beam: asked for; None for the recipe's.
        default: the recipe's.
        count: outputs wanted of each input.

    Raises:
        InputError: if either is less than 1, or more than any search has use for.
    """
    for name, value in (("beam", beam), ("count", count)):
        if value is not None and (isinstance(value, bool) or not 1 <= value <= WIDEST_BEAM or value != int(value)):
            raise InputError(
                f"{name} = {value!r} is no whole number from 1 to {WIDEST_BEAM:,}",
                cause="the memory and the time of a search grow with it, and quality hardly does above 10 or so.",
                remedy=f"give {name} = 5, or leave it out.",
            )
    return max(default if beam is None else int(beam), int(count))
