"""What a person chose of a search, and the recipe's for the rest."""

from __future__ import annotations

import pytest

from dragoman.contracts import Beam, Greedy, SearchRequest
from dragoman.errors import InputError
from dragoman.predict.search_request import search_request
from dragoman.recipe.search import SearchRecipe

RECIPE = SearchRecipe(beam=4, length_penalty=0.5)


def test_what_is_not_chosen_is_the_recipes() -> None:
    assert search_request(RECIPE) == SearchRequest(Beam(4, 0.5))
    assert search_request(RECIPE, beam=2) == SearchRequest(Beam(2, 0.5))
    assert search_request(RECIPE, length_penalty=0.0) == SearchRequest(Beam(4, 0.0))
    assert search_request(RECIPE, beam=1, length_penalty=2.0) == SearchRequest(Greedy())


def test_a_beam_is_at_least_as_wide_as_outputs_are_wanted() -> None:
    assert search_request(RECIPE, beam=1, n_best=3) == SearchRequest(Beam(3, 0.5), n_best=3)
    assert search_request(RECIPE, n_best=3) == SearchRequest(Beam(4, 0.5), n_best=3)


@pytest.mark.parametrize("value", [0, -1, 1001, True])
def test_a_number_out_of_its_range_is_named_as_it_was_given(value: int) -> None:
    with pytest.raises(InputError, match=f"beam = {value!r} is no whole number from 1 to 1,000"):
        search_request(RECIPE, beam=value)
    with pytest.raises(InputError, match=f"count = {value!r} is no whole number from 1 to 1,000"):
        search_request(RECIPE, n_best=value)
