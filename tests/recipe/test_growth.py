"""How many mini-batches an update sums, where their number grows."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.recipe.growth import mean_mini_batches, mini_batches, mini_batches_until
from dragoman.recipe.shortened import counted_in_updates
from dragoman.recipe.training import BatchRecipe, ScheduleRecipe, TrainingRecipe


@st.composite
def growing(draw: st.DrawFn) -> TrainingRecipe:
    last = draw(st.integers(1, 40))
    first, until = draw(st.none() | st.integers(1, last)), draw(st.floats(0.01, 1.0))
    batch = BatchRecipe(accumulation=last, first_accumulation=first, growth_until=until)
    return TrainingRecipe(updates=draw(st.integers(1, 300)), batch=batch, schedule=ScheduleRecipe(warmup=0))


@given(growing())
def test_the_number_rises_in_equal_steps_and_stays(recipe: TrainingRecipe) -> None:
    batch = recipe.batch
    first, last = batch.first_accumulation or batch.accumulation, batch.accumulation
    numbers = [mini_batches(recipe, update) for update in range(1, recipe.updates + 1)]
    assert numbers[0] == first
    assert numbers == sorted(numbers)
    assert set(numbers) <= set(range(first, last + 1, math.gcd(first, last)))
    full = max(round(batch.growth_until * recipe.updates), 1)
    assert set(numbers[full:]) <= {last}
    # Numbers below the last are used for equally many updates, but for one.
    used = [numbers.count(number) for number in range(first, last, math.gcd(first, last))]
    assert not used or max(used) - min(used) <= 1


@given(growing())
def test_the_sum_is_that_of_all_updates(recipe: TrainingRecipe) -> None:
    sums = [0]
    for update in range(1, recipe.updates + 1):
        sums.append(sums[-1] + mini_batches(recipe, update))
    assert [mini_batches_until(recipe, update) for update in range(recipe.updates + 1)] == sums


@given(growing(), st.integers(2, 4))
def test_processes_that_divide_first_and_last_divide_all(recipe: TrainingRecipe, count: int) -> None:
    batch = recipe.batch
    grown = batch.model_copy(
        update={
            "accumulation": count * batch.accumulation,
            "first_accumulation": count * (batch.first_accumulation or 1),
        }
    )
    whole = recipe.model_copy(update={"batch": grown})
    assert not any(mini_batches(whole, update) % count for update in range(1, recipe.updates + 1))


@given(growing(), st.integers(1, 10**6), st.floats(10.0, 1000.0))
def test_a_length_in_tokens_is_met_within_the_last_update_and_rounding(
    recipe: TrainingRecipe, tokens: int, mean: float
) -> None:
    recipe = recipe.model_copy(update={"tokens": tokens})
    counted = counted_in_updates(recipe, mean)
    spent = mean * mini_batches_until(counted, counted.updates)
    # Half an update by rounding their number, and each step up to half an update away from where it should be.
    assert abs(spent - tokens) <= 2 * mean * recipe.batch.accumulation


def test_without_growth_the_mean_is_the_number() -> None:
    assert mean_mini_batches(BatchRecipe(accumulation=7)) == 7
    assert mean_mini_batches(BatchRecipe(accumulation=7, first_accumulation=7)) == 7


def test_a_batch_that_would_shrink_is_refused() -> None:
    with pytest.raises(ValueError, match=r"first_accumulation 4 must not be more than batch\.accumulation 2.* --set"):
        BatchRecipe(accumulation=2, first_accumulation=4)
