"""Gradients through time: those of unrolled cells, and their growth."""

from __future__ import annotations

import math
from typing import Any

import every_model as kinds
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from dragoman.contracts import Labels, Layout, Packed, TextBatch
from dragoman.contracts.batches import Batch
from dragoman.layers.recurrent.gru import ResetAfterGRU, ResetBeforeGRU
from dragoman.layers.recurrent.lstm import LSTM
from dragoman.layers.recurrent.rnn import RNN, ReLURNN
from dragoman.layers.recurrent.time_major import TimeMajor
from dragoman.model.taps import recurrent_cells, unrolled
from dragoman.training.stability.through_time import LONGEST, Steps, growth, trace

LENGTHS = [3, 7, 1, 7, 4]
D = 16
TOP = "decoder.layers.layers.0.cell"


class LinearRNN(RNN):
    """h_t = U h_{t−1} + b, where U turns and scales by ρ: a gradient grows by exactly ρ a step."""

    activation = staticmethod(lambda x: x)

    def __init__(self, inputs: int, width: int, rho: float) -> None:
        super().__init__(inputs, width)
        self.weight_input.data.zero_()
        self.weight_hidden.data = rho * torch.linalg.qr(torch.randn(width, width))[0]


def linear_language_model(rho: float) -> Any:
    torch.manual_seed(0)
    model = kinds.model("language model rnn")
    model.decoder.layers.layers[0].cell = LinearRNN(D, D, rho)
    return model


def texts(*lengths: int) -> TextBatch:
    generator = torch.Generator().manual_seed(1)
    rows = [torch.randint(4, kinds.V, (length,), generator=generator).tolist() for length in lengths]
    target = Packed.of(rows)
    return TextBatch(target.shifted(2), target, False, torch.arange(len(rows)))


@pytest.mark.parametrize("rho", [0.5, 0.9, 1.0, 1.1, 2.0])
@pytest.mark.parametrize("lengths", [(20,), (30, 50, 41)])
def test_a_linear_network_grows_by_log_rho(rho: float, lengths: tuple[int, ...]) -> None:
    found = trace(linear_language_model(rho), [texts(*lengths)]).read()
    assert len(found.through_time[TOP]) == max(lengths)
    assert found.growth[TOP] == pytest.approx(math.log(rho), rel=0.01, abs=0.005)


def test_each_direction_has_its_own_growth() -> None:
    torch.manual_seed(0)
    model = kinds.model("text to label")
    layer = model.get_submodule("encoder.layers.layers.0")
    layer.forward_cell, layer.backward_cell = LinearRNN(D, D, 0.7), LinearRNN(D, D, 1.2)
    rows = Packed.of([[5] * 30, [6] * 25])
    found = trace(model, [Batch(rows, Labels(torch.tensor([0, 1])), torch.arange(2))]).read().growth
    assert found["encoder.layers.layers.0.forward_cell"] == pytest.approx(math.log(0.7), rel=0.01)
    assert found["encoder.layers.layers.0.backward_cell"] == pytest.approx(math.log(1.2), rel=0.01)


def test_what_vanishes_altogether_is_reported_as_zero() -> None:
    found = trace(linear_language_model(1e-10), [texts(12)]).read()
    assert found.through_time[TOP][-1] == 0.0
    assert found.growth[TOP] == pytest.approx(math.log(1e-10), rel=0.01)


def test_fewer_than_three_points_make_no_line() -> None:
    found = trace(linear_language_model(1.0), [texts(2)]).read()
    assert len(found.through_time[TOP]) == 2
    assert found.growth == {}
    assert growth(np.array([1.0, 0.0, 0.5]), Steps.of([1, 1, 1], 0)) is None
    assert growth(np.array([1.0, 0.0, 0.0]), Steps.of([1, 1, 1], 0)) is None


def test_steps_know_how_far_their_rows_have_to_go() -> None:
    steps = Steps.of([3, 2, 2, 1], 5)
    assert steps.rows.tolist() == [5, 6, 7, 5, 6, 5, 6, 5]
    assert steps.distances.tolist() == [3, 2, 0, 2, 1, 1, 0, 0]


@given(
    st.lists(st.tuples(st.integers(3, 20), st.floats(-20, 20)), min_size=1, max_size=5),
    st.floats(-2, 2),
)
def test_growth_is_the_slope_whatever_the_rows(rows: list[tuple[int, float]], slope: float) -> None:
    rows = sorted(rows, reverse=True)
    steps = Steps.of([sum(length > t for length, _ in rows) for t in range(rows[0][0])], 0)
    offsets = np.array([offset for _, offset in rows])
    assert growth(np.exp(offsets[steps.rows] + slope * steps.distances), steps) == pytest.approx(slope, abs=1e-9)


def test_growth_leaves_out_what_is_no_normal_number() -> None:
    steps = Steps.of([1] * 8, 0)
    values = np.exp(-0.5 * steps.distances)
    values[[0, 2, 3, 6]] = math.nan, 1e-44, 0.0, math.inf
    assert growth(values, steps) == pytest.approx(-0.5)


def test_the_loss_is_that_of_the_last_token_alone() -> None:
    model, data = kinds.model("language model rnn").eval(), texts(4, 6)
    found = trace(model, [data]).read().through_time[TOP]
    states = model(data)[0].detach()[[3, 9]].requires_grad_()
    logits = model.decoder.output(model.decoder.readout(states))
    F.cross_entropy(logits, data.target.values[[3, 9]], reduction="sum").backward()
    assert found[0] == pytest.approx(states.grad.norm(dim=1).mean().item(), rel=1e-5)


@pytest.mark.parametrize("cell", ["rnn without attention", "lstm multi-head", "lstm additive fed", "gru dot fed"])
def test_a_batch_is_the_mean_of_its_rows(cell: str) -> None:
    model = kinds.model(cell)
    together = trace(model, [kinds.batch(cell)]).read().through_time
    alone = trace(model, [kinds.batch(cell, slice(n, n + 1)) for n in range(4)]).read().through_time
    assert set(together) == set(alone) == set(recurrent_cells(model))
    for name, gradients in together.items():
        assert gradients == pytest.approx(alone[name], rel=1e-4)


def test_distances_that_few_rows_have_are_left_out() -> None:
    model = linear_language_model(1.0)
    assert len(trace(model, [texts(9, 3, 3, 3)]).read().through_time[TOP]) == 9
    assert len(trace(model, [texts(9, 3, 3, 3, 3)]).read().through_time[TOP]) == 3


def test_long_rows_are_passed_over_if_there_are_others() -> None:
    model = linear_language_model(1.0)
    long, short = texts(LONGEST + 10), texts(8)
    assert len(trace(model, [long, short]).read().through_time[TOP]) == 8
    assert len(trace(model, [long]).read().through_time[TOP]) == LONGEST


def test_without_cells_nothing_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = kinds.model("transformer")
    monkeypatch.setattr(type(model), "forward", lambda *_: pytest.fail("it was called"))
    found = trace(model, [kinds.batch("transformer")]).read()
    assert found.through_time == found.growth == {}


@pytest.mark.parametrize("kind", [RNN, ReLURNN, ResetAfterGRU, ResetBeforeGRU, LSTM])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_unrolled_equals_fused(kind: type[nn.Module], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    cell = kind(5, 6).to(dtype)
    for parameter in cell.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    order = TimeMajor.of(Layout.of(LENGTHS))
    x = torch.randn(sum(LENGTHS), 5, dtype=dtype, requires_grad=True)
    state = tuple(torch.randn(len(LENGTHS), 6, dtype=dtype, requires_grad=True) for _ in range(cell.parts))
    leaves = [x, *state, *cell.parameters()]

    def outcome() -> tuple[list[Tensor], tuple[Tensor, ...]]:
        hidden, after = cell(x, order.sizes, state)
        whole = sum((part * torch.arange(part.numel()).view(part.shape)).sum() for part in (hidden, *after))
        return [hidden, *after], torch.autograd.grad(whole, leaves)

    fused = outcome()
    with unrolled([cell]):
        by_steps = outcome()
    tolerance = {torch.float32: 1e-4, torch.float64: 1e-10}[dtype]
    for one, other in zip((*fused[0], *fused[1]), (*by_steps[0], *by_steps[1]), strict=True):
        assert torch.allclose(one, other, rtol=tolerance, atol=tolerance)
    assert "forward" not in vars(cell)
