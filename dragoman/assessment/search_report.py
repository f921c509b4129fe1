"""Searches beside exact search, on the examples that a model is measured on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dragoman.contracts import Beam, Exact, Greedy, SearchMethod
from dragoman.evaluation.search_report import SearchOutput, SearchReport, SearchRun, search_report
from dragoman.progress.counting import Counting
from dragoman.recipe.search import SearchRecipe
from dragoman.tasks.in_turn import Part
from dragoman.tasks.searcher import Searcher

WIDE = 20
"""Width of the wide beam."""
_PART = 20
"""Number of examples between two signs of progress."""


def compared_searches(searcher: Searcher, recipe: SearchRecipe, exact: Exact, *, progress: bool | None) -> SearchReport:
    """Search for the outputs of all examples by greedy search, beams and exact search, and compare what they find.

    Args:
        searcher: the model with its examples.
        recipe: the model's search settings, whose length penalty one more beam has.
        exact: the exact search; a beam of its first beam's width is one of the searches.
        progress: whether to show how far it is; None to show it where a person watches.
    """
    searches = {**other_searches(recipe, exact.width), "exact": replace(exact, length_penalty=0.0)}
    total = len(searches) * len(searcher.references)
    with Counting(total, f"{searcher.things} searched", progress) as counting:
        *runs, best = [run_of(searcher, name, method, counting.add) for name, method in searches.items()]
    return search_report(
        runs,
        best,
        searcher.references,
        quality=searcher.quality,
        spaced=searcher.spaced,
        things=searcher.things,
        budget=budget_of(exact),
    )


def other_searches(recipe: SearchRecipe, width: int) -> dict[str, SearchMethod]:
    """The searches that exact search is compared with, by name. Beams rank by log-probability alone, so that they
    search for what exact search finds; one more has the recipe's length penalty, if there is any.

    >>> list(other_searches(SearchRecipe(), 5))
    ['greedy', 'beam 5', 'beam 20', 'beam 5, length penalty 1']
    """
    searches: dict[str, SearchMethod] = {"greedy": Greedy()}
    searches |= {f"beam {each}": Beam(each, 0.0) for each in dict.fromkeys((width, WIDE)) if each > 1}
    if recipe.length_penalty and width > 1:
        name = f"beam {width}, length penalty {recipe.length_penalty:g}"
        searches[name] = Beam(width, recipe.length_penalty)
    return searches


def run_of(searcher: Searcher, name: str, method: SearchMethod, done: Callable[[int], None]) -> SearchRun:
    """What one search finds for all examples; ``done`` is called with the number of examples of each part."""
    count = len(searcher.references)
    parts: list[Part] = np.array_split(np.arange(count), -(-count // _PART))
    outputs: list[SearchOutput] = []
    calls, began = 0, time.perf_counter()
    for part in parts:
        found, called = searcher.search(part, method)
        outputs += found
        calls += called
        done(len(part))
    return SearchRun(name, outputs, calls, time.perf_counter() - began)


def budget_of(exact: Exact) -> str:
    """The budget of exact search in words.

    >>> budget_of(Exact(expansions=10_000, seconds=2.5))
    '10,000 expansions and 2.5 seconds'
    """
    return f"{exact.expansions:,} expansions" + (f" and {exact.seconds:g} seconds" if exact.seconds else "")
