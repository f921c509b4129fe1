"""The report on what searches miss, from outputs and proofs that are given."""

from __future__ import annotations

import pytest

from dragoman.assessment.search_report import other_searches
from dragoman.contracts import Exact, Greedy, Proof
from dragoman.evaluation.search_report import SearchOutput, SearchReport, SearchRun, search_report
from dragoman.recipe.search import SearchRecipe

REFERENCES = ["a b c d", "a b c d", "a b c d", "a b c d"]


def output(text: str, log_probability: float, *, complete: bool = True) -> SearchOutput:
    return SearchOutput(text, log_probability, complete)


def best(text: str, log_probability: float, bound: float, expansions: int) -> SearchOutput:
    return SearchOutput(text, log_probability, True, Proof(bound, bound <= log_probability, expansions))


@pytest.fixture(scope="module")
def report() -> SearchReport:
    """Of four sentences three are proved; the search misses one of them by 0.5, and ends another itself."""
    exact = [best("", -2.0, -2.0, 10), best("a b c", -1.0, -1.0, 20), best("a", -3.0, -3.0, 30), best("a", -9, -5, 40)]
    run = [
        output("a b c d", -2.5),
        output("a b c", -1.0002),
        output("a a a a", -0.5, complete=False),
        output("a b c d", -9.9),
    ]
    return search_report(
        [SearchRun("beam", run, calls=40, seconds=1.0)],
        SearchRun("exact", exact, calls=100, seconds=2.0),
        REFERENCES,
        quality=lambda texts: (),
        spaced=True,
        things="sentences",
        budget="40 expansions",
    )


def test_only_what_is_proved_is_judged(report: SearchReport) -> None:
    beam, exact = report.searches
    assert (report.proved.count, report.proved.total, report.left) == (3, 4, 4.0)
    assert beam.missed is not None
    assert (beam.missed.count, beam.missed.total) == (2, 3)
    assert (beam.median_gap, beam.large_gap) == (0.5, 0.5)
    assert exact.missed is not None
    assert (exact.missed.count, exact.median_gap) == (0, None)
    assert report.empty_best is not None
    assert report.short_best is not None
    assert (report.empty_best.count, report.short_best.count, report.short_best.total) == (1, 2, 3)
    assert (exact.empty.count, exact.short.count, beam.short.count) == (1, 3, 0)
    assert (beam.calls, exact.calls, report.expansions[0]) == (10, 25, 25)


def test_it_is_text_and_numbers(report: SearchReport) -> None:
    text = report.as_text()
    assert "Proved best: 3 of 4 (75.0 %), within 40 expansions each." in text
    assert "Of the others the bound leaves 4.00 nats (median)" in text
    assert "optimal" not in text
    assert report.to_dict()["searches"][0]["missed"]["count"] == 2
    assert report.summary().facts["beam"] == "66.7 % missed"


def test_where_nothing_is_proved_nothing_is_said_to_be_missed() -> None:
    exact = SearchRun("exact", [best("a", -9, -5, 40)], 41, 1.0)
    said = {"spaced": True, "things": "lines", "budget": "40 expansions"}
    report = search_report([], exact, ["a b"], quality=lambda texts: (), **said)
    assert (report.searches[0].missed, report.empty_best) == (None, None)
    assert "Proved best: 0 of 1" in report.as_text()


def test_the_searches_that_are_compared() -> None:
    assert list(other_searches(SearchRecipe(length_penalty=0.0), 20)) == ["greedy", "beam 20"]
    assert other_searches(SearchRecipe(), 1)["greedy"] == Greedy()
    assert list(other_searches(SearchRecipe(), Exact().width))[-1] == "beam 5, length penalty 1"
