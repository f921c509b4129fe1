"""A search request from the options of a call and the recipe's settings for the rest."""

from __future__ import annotations

from dragoman.contracts import Beam, Greedy, SearchMethod, SearchRequest
from dragoman.errors import InputError
from dragoman.recipe.search import SearchRecipe
from dragoman.recipe.section import WIDEST_BEAM


def search_request(
    recipe: SearchRecipe,
    *,
    search: SearchMethod | None = None,
    beam: int | None = None,
    length_penalty: float | None = None,
    n_best: int = 1,
) -> SearchRequest:
    """The method that is given; else greedy search for a beam of 1, and beam search that is at least as wide as outputs
    are wanted.

    >>> search_request(SearchRecipe(), beam=1).method
    Greedy()
    >>> search_request(SearchRecipe(), n_best=8).method
    Beam(width=8, length_penalty=1.0)

    Args:
        recipe: the model's search settings.
        search: the method of search; by default beam search.
        beam: beam width, in the place of a method; by default the recipe's.
        length_penalty: exponent α, in the place of a method; by default the recipe's.
        n_best: number of outputs for each input.

    Raises:
        InputError: if a number is out of its range, or a method is given beside a beam or a length penalty.
    """
    for name, value in (("beam", beam), ("count", n_best)):
        if value is not None and (isinstance(value, bool) or not 1 <= value <= WIDEST_BEAM or value != int(value)):
            raise InputError(
                f"{name} = {value!r} is no whole number from 1 to {WIDEST_BEAM:,}",
                cause="the memory and the time of a search grow with it, and quality hardly does above 10 or so.",
                remedy=f"give {name} = 5, or leave it out.",
            )
    if search is not None:
        for name, given in (("beam", beam), ("length_penalty", length_penalty)):
            if given is not None:
                raise InputError(
                    f"{name} = {given!r} was given beside search = {search!r}",
                    remedy=f"leave {name} out; the method has its own numbers.",
                )
        return SearchRequest(search, n_best=int(n_best))
    width = max(recipe.beam if beam is None else int(beam), int(n_best))
    ranked = Beam(width, recipe.length_penalty if length_penalty is None else length_penalty)
    return SearchRequest(Greedy() if width == 1 else ranked, n_best=int(n_best))
