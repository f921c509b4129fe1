"""What becomes of the warm-up of a recipe that is to do fewer updates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dragoman.comparison.budget import Budget
from dragoman.comparison.subject import Subject, prepare, run_of
from dragoman.errors import DragomanError, RecipeError
from dragoman.recipe import load_recipe
from dragoman.recipe.shortened import counted_in_updates, shortened, shortened_recipe

TINY = load_recipe("tiny")


def warmup_with(changes: dict[str, Any]) -> tuple[int, list[str]]:
    told: list[str] = []
    return load_recipe("tiny", changes={"training": changes}, log=told.append).training.schedule.warmup, told


def test_a_warm_up_that_does_not_fit_becomes_a_tenth_and_that_is_said() -> None:
    warmup, (told,) = warmup_with({"updates": 150})
    assert warmup == 15
    assert "training.schedule.warmup is now 15" in told
    assert "500 do not fit into 150 updates" in told
    assert warmup_with({"updates": 1})[0] == 0


@pytest.mark.parametrize("changes", [{"updates": 501}, {"updates": 150, "schedule": {"warmup": 100}}, {"seed": 2}])
def test_what_fits_or_was_asked_for_stays(changes: dict[str, Any]) -> None:
    warmup, told = warmup_with(changes)
    assert warmup == changes.get("schedule", {}).get("warmup", 500)
    assert not told


@pytest.mark.parametrize(
    "changes", [{"updates": 150, "schedule": {"warmup": 150}}, {"updates": 0}, {"updates": 150, "schedule": 3}]
)
def test_what_was_asked_for_and_cannot_be_is_a_mistake(changes: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        warmup_with(changes)


def test_where_nothing_can_be_told_it_is_a_mistake_that_says_the_setting() -> None:
    with pytest.raises(RecipeError, match=r"--set training\.schedule\.warmup=15"):
        load_recipe("tiny", changes={"training": {"updates": 150}})


@pytest.mark.parametrize("updates", [1, 9, 150, 500, 501, 5000])
def test_all_who_shorten_a_run_do_it_alike(updates: int) -> None:
    expected = shortened(TINY.training, updates).schedule.warmup
    assert expected < updates
    assert Budget(updates=updates).apply(TINY).training.schedule.warmup == expected
    tokens = TINY.training.model_copy(update={"tokens": 100 * updates})
    counted = counted_in_updates(tokens, 100.0)
    assert (counted.updates, counted.schedule.warmup) == (updates, expected)


def test_a_comparison_tells_whose_warm_up_its_budget_shortens(tmp_path: Path) -> None:
    told: list[str] = []
    runs = [run_of(Subject("a", TINY), tmp_path, Budget(updates=updates)) for updates in (150, 600)]
    for run in runs:
        with pytest.raises(DragomanError):
            prepare(run, told.append, [])
    assert [message for message in told if "warmup" in message] == [f"a: {runs[0].remark}"]
    assert "training.schedule.warmup is now 15" in str(runs[0].remark)


def test_an_experiment_keeps_the_share_of_the_run_that_it_stands_for() -> None:
    assert shortened_recipe(TINY, 760, 3800).training.schedule.warmup == 100
    assert shortened_recipe(TINY, 7600, 3800).training.schedule.warmup == 500
    assert shortened_recipe(TINY, 1, 3800).training.schedule.warmup == 0


def test_a_warm_up_that_is_a_share_needs_no_shortening() -> None:
    told: list[str] = []
    changes = {"training": {"updates": 150, "schedule": {"warmup_share": 0.2}}}
    training = load_recipe("tiny", changes=changes, log=told.append).training
    assert training.warmup_updates == 30
    assert not told
    assert shortened(training, 50, 150).warmup_updates == 10
