"""A fault that was planted is found: the module, the stage, the rows; and nothing is changed by looking."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from dragoman.contracts import Batch, Numbers, Rows, TextBatch
from dragoman.model.weights import learnt_buffers
from dragoman.training.recovery.culprits import smallest_culprits
from dragoman.training.recovery.not_finite import looking_for_not_finite

sys.path.insert(0, str(Path(__file__).parent))
from plants import KINDS, calls, divided_by_zero, faulty_gradient, made, planted, traced

ALL = (100, 101, 102, 103, 104)


@pytest.mark.parametrize("kind", KINDS)
def test_a_healthy_model_has_nothing_to_find(kind: str) -> None:
    model, batch = made(kind)
    with looking_for_not_finite(model) as seen:
        model.loss(batch)[0].backward()
    assert seen.first_output is seen.first_gradient is None
    found = traced(model, batch)
    assert (found.stage, found.module, found.examples) == (None, None, ALL)


@pytest.mark.parametrize("kind", KINDS)
def test_the_module_that_divides_by_zero_is_named(kind: str) -> None:
    model, batch = made(kind)
    modules = dict(model.named_modules())
    for name, method in calls(model, batch)[2::9]:
        with planted(modules[name], method, divided_by_zero):
            found = traced(model, batch)
        assert (found.stage, found.module or "") == ("loss" if method == "loss" else "output", name), method


def test_a_loss_of_two_passes_is_a_loss() -> None:
    model, batch = made("transformer")
    model.consistency = 5.0
    with planted(model.decoder.output, "paired_loss", divided_by_zero):
        found = traced(model, batch)
    assert (found.stage, found.module, found.examples) == ("loss", "decoder.output", ALL)


@pytest.mark.parametrize("kind", KINDS)
def test_the_module_that_loses_the_gradient_is_named(kind: str) -> None:
    model, batch = made(kind)
    modules = dict(model.named_modules())
    for name, method in calls(model, batch)[2::9]:
        with planted(modules[name], method, faulty_gradient):
            found = traced(model, batch)
        if name:
            assert (found.stage, found.module) == ("gradient", name), method


@pytest.mark.parametrize("kind", KINDS)
def test_a_parameter_that_is_not_finite_is_named(kind: str) -> None:
    model, batch = made(kind)
    for name, parameter in list(model.named_parameters())[3::12]:
        kept = parameter.detach().clone()
        parameter.data.fill_(math.nan)
        found = traced(model, batch)
        parameter.data.copy_(kept)
        assert (found.stage, found.module) == ("parameter", name)


@pytest.mark.parametrize("consistency", [0.0, 5.0], ids=["one pass", "two passes"])
def test_an_infinite_embedding_leads_to_the_rows_that_have_its_symbol(consistency: float) -> None:
    model, batch = made("lstm")
    model.consistency = consistency
    model.encoder.embedding.weight.data[9] = math.inf
    model.encoder.embedding.weight.data[16] = math.inf
    found = traced(model, batch)
    assert (found.stage, found.module) == ("parameter", "encoder.embedding.embedding.weight")
    assert found.examples == (101, 104)


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_row_that_is_not_a_number_is_found(side: str) -> None:
    model, batch = made("number of a row")
    assert isinstance(batch, Batch)
    if side == "source":
        numbers = batch.source.numbers.clone()
        numbers[3, 1] = math.nan
        batch = replace(batch, source=Rows(numbers, batch.source.categories))
    else:
        values = batch.target.values.clone()
        values[3] = math.inf
        batch = replace(batch, target=Numbers(values))
    found = traced(model, batch)
    assert (found.stage, found.module, found.examples) == ("input", side, (103,))


def test_of_several_mini_batches_the_faulty_rows_of_all_are_found() -> None:
    model, batch = made("number of a row")
    assert isinstance(batch, Batch)
    values = batch.target.values.clone()
    values[2] = math.nan
    broken = replace(batch, target=Numbers(values), examples=batch.examples + 100)
    found = traced(model, batch, broken, broken)
    assert (found.stage, found.module, found.examples) == ("input", "target", (202,))


def test_a_state_that_was_carried_on_is_an_input() -> None:
    model, batch = made("language model")
    assert isinstance(batch, TextBatch)
    batch = replace(batch, follows=True)
    _, carried = model.loss(batch)
    carried[0][1] = math.nan
    found = traced(model, batch, carried=carried)
    assert (found.stage, found.module, found.examples) == ("input", "carried", (101,))


def test_a_fault_that_no_row_has_alone_is_of_the_whole_batch() -> None:
    model, batch = made("label of a row")

    def faulty(values: Tensor) -> Tensor:
        return values / 0.0 if len(values) == 5 else values

    with planted(model.encoder.hidden, "forward", faulty):
        found = traced(model, batch)
    assert (found.module, found.examples) == ("encoder.hidden", ALL)


@pytest.mark.parametrize("kind", ["transformer", "reader"])
def test_looking_changes_nothing(kind: str) -> None:
    model, batch = made(kind)
    model.loss(batch)[0].backward()
    before = {name: tensor.clone() for name, tensor in [*model.named_parameters(), *model.named_buffers()]}
    gradients = [parameter.grad for parameter in model.parameters()]
    with planted(model.encoder, "forward", divided_by_zero):
        traced(model, batch)
    after = dict([*model.named_parameters(), *model.named_buffers()])
    assert all(after[name].equal(before[name]) for name in before)
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        assert parameter.grad is gradient
        assert gradient is None or not gradient.any()
    assert not any("forward" in vars(module) for module in model.modules())
    assert learnt_buffers(model).keys() <= before.keys()


def test_the_random_state_is_that_of_the_update() -> None:
    """With dropout, a fault that one mask brings about is brought about again."""
    model, batch = made("transformer")
    seen: list[Tensor] = []
    with planted(model.encoder, "forward", lambda values: seen.append(values.detach().clone()) or values):
        for update in (7, 7, 8):
            traced(model, batch, update=update)
    first, again, other = seen[0], seen[2], seen[4]
    assert first.equal(again)
    assert not first.equal(other)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), max_size=4))))
def test_halving_finds_all_culprits_in_few_trials(case: tuple[int, set[int]]) -> None:
    count, culprits = case
    trials = 0

    def is_faulty(group: object) -> bool:
        nonlocal trials
        trials += 1
        return bool(culprits & set(group))  # type: ignore[call-overload]

    assert smallest_culprits(range(count), is_faulty, 1000) == sorted(culprits)
    assert trials <= 1 + 2 * len(culprits) * math.ceil(math.log2(count) if count > 1 else 1)


def test_where_too_many_are_at_fault_the_groups_that_are_left_count() -> None:
    found = smallest_culprits(range(64), lambda group: True, 10)
    assert found == list(range(64))
