"""What is chosen for a corpus and a time: tables read by pure functions, and settings that a person gave."""

from __future__ import annotations

import itertools

import pytest
import torch

from dragoman.contracts import TextSize
from dragoman.errors import InputError, RecipeError
from dragoman.recipe import changed, load_recipe, recipe_from
from dragoman.training.budget.automatic import check_budget, with_minutes
from dragoman.training.budget.choose import (
    BATCH_TOKENS,
    SMALL,
    TINY,
    choose_shape,
    choose_training,
    deserved_passes,
    shapes_for,
    vocabulary_for,
)
from dragoman.training.budget.corpus import CorpusSeen, refuse_other_kinds
from dragoman.training.budget.kept import given_settings, without
from dragoman.training.budget.plan import Speed, plan_within, seconds_for
from dragoman.training.memory import check_with_data

SPEED = Speed(0.3, BATCH_TOKENS)
MINUTES = (1, 3, 10, 30, 120)


def corpus(pairs: int, *, spaced: tuple[bool, bool] = (True, True)) -> CorpusSeen:
    return CorpusSeen(pairs, 14 * pairs, 15 * pairs, 15.0, 28.0, 1000, 15_000, 1000, spaced)


@pytest.mark.parametrize("pairs", [500, 3_000, 29_000, 200_000])
def test_every_choice_is_a_recipe_that_fits_and_more_time_never_means_less_training(pairs: int) -> None:
    seen = corpus(pairs)
    auto = load_recipe("auto")
    updates, shapes = [], []
    for minutes in MINUTES:
        shape = shapes_for(seen, minutes)[0]
        plan = plan_within(60 * minutes, 5.0, SPEED, seen)
        if plan.updates < 1 or plan.passes < 1:
            assert not updates
            continue
        recipe = changed(auto, {"training": {"budget": None, "finish_within": minutes}})
        recipe = changed(recipe, choose_shape(seen, shape).changes)
        choice = choose_training(seen, shape, plan.updates, plan.passes, plan.validations)
        recipe = changed(recipe, choice.changes)
        size = TextSize(recipe.tokenizer.vocabulary_size)
        check_with_data(recipe, size, size, seen.target_tokens, torch.device("cpu"))
        assert recipe.training.schedule.warmup < recipe.training.updates == plan.updates
        assert recipe.training.validate_every * (plan.validations - 1) < plan.updates
        updates.append(plan.updates)
        shapes.append(shape.layers)
    assert updates == sorted(updates)
    assert shapes == sorted(shapes)


def test_the_tables_by_pairs_and_passes() -> None:
    assert [vocabulary_for(corpus(pairs), TINY) for pairs in (900, 3_000, 9_000, 29_000)] == [2000, 3000, 6000, 10_000]
    assert vocabulary_for(corpus(900, spaced=(True, False)), TINY) == 6000
    assert shapes_for(corpus(200_000), 30) == [SMALL, TINY]
    assert shapes_for(corpus(200_000), 29) == shapes_for(corpus(29_000), 600) == [TINY]

    def dropout(pairs: int, passes: float) -> float:
        return choose_training(corpus(pairs), TINY, 100, passes, 10).changes["model"]["encoder"]["dropout"]

    assert [dropout(29_000, passes) for passes in (1, 7, 8, 15, 16)] == [0.1, 0.1, 0.2, 0.2, 0.3]
    assert dropout(1_000, 1) == 0.3
    passes = [deserved_passes(corpus(pairs)) for pairs in (1_000, 29_000, 10**6)]
    assert passes == sorted(passes, reverse=True)


def test_a_plan_leaves_time_for_all_else_and_its_inverse_agrees() -> None:
    for pairs, spent, rate in itertools.product((1_000, 29_000), (0.0, 40.0), (0.01, 0.3)):
        seen, speed = corpus(pairs), Speed(rate, BATCH_TOKENS)
        plan = plan_within(600, spent, speed, seen)
        busy = plan.updates * rate + plan.validations * speed.validation_seconds(seen)
        assert 0 < busy < 600 - spent
        enough = seconds_for(3, spent, speed, seen)
        assert (
            plan_within(enough, spent, speed, seen).passes >= 3 > plan_within(0.98 * enough, spent, speed, seen).passes
        )
    slow = Speed(30.0, BATCH_TOKENS)
    assert plan_within(60, 0.0, slow, corpus(29_000)).updates <= 0


def test_what_a_person_gave_stays() -> None:
    recipe = load_recipe("auto", changes={"model": {"encoder": {"layers": 4}}, "training": {"average": 0.9}})
    given = given_settings(recipe)
    assert given >= {"model.encoder.layers", "training.average", "training.budget"}
    assert not given & {"model.decoder.layers", "training.updates", "tokenizer.vocabulary_size"}
    kept = without(choose_shape(corpus(29_000), SMALL).changes, given)
    assert "layers" not in kept["model"]["encoder"]
    assert kept["model"]["decoder"]["layers"] == 6
    written_out = recipe_from(changed(load_recipe("auto"), {"training": {"seed": 7}}).model_dump(exclude_none=True))
    given = given_settings(written_out)
    assert given >= {"training.budget", "training.seed"}
    assert not given & {"model.decoder.layers", "training.updates", "tokenizer.vocabulary_size"}


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), float("inf"), 1e7])
def test_minutes_that_are_none(minutes: float) -> None:
    with pytest.raises(RecipeError, match="--minutes"):
        with_minutes(load_recipe("auto"), minutes)


def test_a_budget_where_nothing_can_be_chosen_is_refused() -> None:
    with pytest.raises(RecipeError, match="finish_within"):
        with_minutes(load_recipe("tiny"), 10)
    long = with_minutes(load_recipe("auto", changes={"training": {"updates": 2000}}), 10)
    with pytest.raises(RecipeError, match=r"training\.updates"):
        check_budget(long, starts_from_a_model=False)
    with pytest.raises(RecipeError, match="starts from"):
        check_budget(load_recipe("auto"), starts_from_a_model=True)
    check_budget(load_recipe("tiny"), starts_from_a_model=True)
    for training in ({"minutes": 3}, {"finish_within": 3}):
        with pytest.raises(RecipeError, match="each say how long"):
            load_recipe("auto", changes={"training": training})
    with pytest.raises(RecipeError, match="row-number"):
        load_recipe("row-number", changes={"training": {"budget": 3}})


@pytest.mark.parametrize(
    ("sources", "targets", "preset"),
    [
        (["a text"] * 60, ["good", "bad", "good"] * 20, "text-label"),
        (["a text"] * 60, [str(n / 7) for n in range(60)], "text-number"),
        (["scans/1.png", "2.JPG"], ["one", "two"], "reader"),
    ],
)
def test_data_of_another_kind_is_refused_with_its_preset(sources: list[str], targets: list[str], preset: str) -> None:
    with pytest.raises(InputError, match="auto") as caught:
        refuse_other_kinds(sources, targets)
    assert preset in str(caught.value)
