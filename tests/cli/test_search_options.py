"""The options of a search: what each becomes, and which do not go together."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.cli.search_options import SEARCHES, GivenSearch
from dragoman.contracts import (
    Beam,
    BestFirstBeam,
    DiverseBeam,
    Exact,
    Greedy,
    MinimumBayesRisk,
    Sample,
    SearchMethod,
    Utility,
)
from dragoman.errors import InputError
from dragoman.recipe.search import SearchRecipe

RECIPE = SearchRecipe(beam=4, length_penalty=0.5)


@pytest.mark.parametrize(
    ("given", "n_best", "method"),
    [
        ({}, 1, Beam(4, 0.5)),
        ({}, 7, Beam(7, 0.5)),
        ({"beam": 1}, 1, Greedy()),
        ({"search": "beam", "beam": 2, "length_penalty": 0.0}, 1, Beam(2, 0.0)),
        ({"search": "greedy"}, 1, Greedy()),
        ({"search": "best-first"}, 6, BestFirstBeam(6, 0.5)),
        ({"search": "diverse"}, 1, DiverseBeam(4, 4, 0.5, 0.5)),
        ({"search": "diverse", "groups": 3, "strength": 0.0}, 1, DiverseBeam(6, 3, 0.0, 0.5)),
        ({"search": "diverse", "groups": 3, "beam": 9}, 1, DiverseBeam(9, 3, 0.5, 0.5)),
        ({"search": "sample", "temperature": 0.5, "seed": 0}, 9, Sample(0.5, seed=0)),
        ({"search": "exact", "expansions": 50}, 1, Exact(0.0, 4, 50)),
        ({"search": "exact", "beam": 2, "length_penalty": 1.0, "seconds": 0.5}, 1, Exact(1.0, 2, seconds=0.5)),
        ({"search": "mbr"}, 1, MinimumBayesRisk(Sample(), 32)),
        ({"search": "mbr", "samples": 9, "top_p": 0.9}, 1, MinimumBayesRisk(Sample(top_p=0.9), 9)),
        ({"search": "mbr", "beam": 20, "utility": "bleu"}, 1, MinimumBayesRisk(Beam(20, 0.5), 20, Utility.BLEU)),
    ],
)
def test_what_is_typed_becomes_a_method_with_the_recipes_numbers_for_the_rest(
    given: dict[str, Any], n_best: int, method: SearchMethod
) -> None:
    request = GivenSearch(**given).request(RECIPE, n_best)
    assert (request.method, request.n_best) == (method, n_best)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"search": "breadth"}, f"no search is called breadth\nRemedy: give {', '.join(SEARCHES)}."),
        (
            {"temperature": 0.5},
            "--temperature cannot be given with the usual search, beam\nLikely cause: only --search ",
        ),
        (
            {"search": "beam", "groups": 2, "seed": 3},
            "--groups, --seed cannot be given with --search beam\nRemedy: leave out",
        ),
        ({"search": "greedy", "beam": 3}, "--beam cannot be given with --search greedy"),
        ({"search": "sample", "expansions": 3}, "only --search exact takes it"),
        ({"search": "mbr", "samples": 3, "beam": 5}, "--samples cannot be given beside --beam"),
        ({"search": "mbr", "utility": "comet"}, "no utility is called comet"),
        ({"search": "diverse", "beam": 5, "groups": 2}, "a beam of 5 cannot be cut into 2 groups"),
        ({"search": "sample", "temperature": 0.0}, "a temperature of 0 is no way to draw"),
        ({"search": "exact", "seconds": 0.0}, "a budget of 0.0 seconds leaves no search"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_message_that_names_the_options(
    given: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as refused:
        GivenSearch(**given).request(RECIPE)
    assert message in str(refused.value)


def test_the_usual_search_is_the_commands() -> None:
    assert GivenSearch(temperature=0.5).method(RECIPE, usual="sample") == Sample(0.5)
    with pytest.raises(InputError, match=r"--beam cannot be given with the usual search, sample"):
        GivenSearch(beam=3).check("sample")
    with pytest.raises(InputError, match="gives up to 6"):
        GivenSearch(search="diverse", beam=6).request(RECIPE, 9)
