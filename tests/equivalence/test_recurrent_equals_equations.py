"""Recurrent layers: what the kernels compute over packed rows equals the equations, row by row and step by step."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from dragoman.contracts import Layout
from dragoman.layers.recurrent.bidirectional import Bidirectional, Orders, Unidirectional
from dragoman.layers.recurrent.gru import (
    ResetAfterGRU,
    ResetBeforeGRU,
    gru_reset_after_equations,
    gru_reset_before_equations,
)
from dragoman.layers.recurrent.lstm import LSTM, lstm_equations
from dragoman.layers.recurrent.recurrent_stack import RecurrentStack
from dragoman.layers.recurrent.rnn import RNN, ReLURNN, rnn_equations
from dragoman.layers.recurrent.time_major import TimeMajor

E, D = 5, 6
LENGTHS = [3, 7, 1, 7, 4]
TOLERANCES = {torch.float32: 1e-5, torch.float64: 1e-10}
CELLS: dict[str, type[nn.Module]] = {
    "rnn": RNN,
    "relu": ReLURNN,
    "gru after": ResetAfterGRU,
    "gru before": ResetBeforeGRU,
    "lstm": LSTM,
}


@pytest.fixture(params=[torch.float32, torch.float64], ids=str)
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    return request.param


@pytest.fixture(params=list(CELLS))
def cell(request: pytest.FixtureRequest, dtype: torch.dtype) -> nn.Module:
    torch.manual_seed(0)
    made = CELLS[request.param](E, D).to(dtype)
    for parameter in made.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)  # so that no bias is left at zero
    return made


def by_equations(cell: nn.Module, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    weights = (cell.weight_input, cell.weight_hidden, cell.bias)
    if isinstance(cell, ReLURNN):
        return (rnn_equations(x, *state, *weights, torch.relu),)
    if isinstance(cell, RNN):
        return (rnn_equations(x, *state, *weights, torch.tanh),)
    if isinstance(cell, ResetAfterGRU):
        return (gru_reset_after_equations(x, *state, *weights, cell.bias_candidate),)
    if isinstance(cell, ResetBeforeGRU):
        return (gru_reset_before_equations(x, *state, *weights),)
    return lstm_equations(x, *state, *weights)


def row_by_row(
    cell: nn.Module, rows: list[Tensor], states: list[tuple[Tensor, ...]]
) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
    hidden, after = [], []
    for row, state in zip(rows, states, strict=True):
        for x in row:
            state = by_equations(cell, x[None], state)
            hidden.append(state[0])
        after.append(state)
    return torch.cat(hidden), after


def assert_same(fast: list[Tensor], slow: list[Tensor], leaves: list[Tensor], tolerance: float) -> None:
    for one, other in zip(fast, slow, strict=True):
        assert torch.allclose(one, other, atol=tolerance, rtol=tolerance)
    directions = [torch.randn_like(part) for part in slow]
    gradients = [
        torch.autograd.grad(sum((part * way).sum() for part, way in zip(parts, directions, strict=True)), leaves)
        for parts in (fast, slow)
    ]
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, atol=10 * tolerance, rtol=10 * tolerance)


def inputs(dtype: torch.dtype, width: int = E) -> Tensor:
    return torch.randn(sum(LENGTHS), width, dtype=dtype, requires_grad=True)


def first_states(cell: nn.Module, dtype: torch.dtype) -> list[Tensor]:
    return [torch.randn(len(LENGTHS), D, dtype=dtype, requires_grad=True) for _ in range(cell.parts)]


def test_a_layer_over_rows_of_unequal_length(cell: nn.Module, dtype: torch.dtype) -> None:
    x, state = inputs(dtype), first_states(cell, dtype)
    layout = Layout.of(LENGTHS)
    hidden, after = Unidirectional(cell)(x, Orders(layout, both=False), tuple(state))
    rows = [tuple(part[row : row + 1] for part in state) for row in range(len(LENGTHS))]
    slow, last = row_by_row(cell, list(x.split(LENGTHS)), rows)
    slow_after = [torch.cat(parts) for parts in zip(*last, strict=True)]
    leaves = [x, *state, *cell.parameters()]
    assert_same([hidden, *after], [slow, *slow_after], leaves, TOLERANCES[dtype])


def test_a_single_step(cell: nn.Module, dtype: torch.dtype) -> None:
    x = torch.randn(4, E, dtype=dtype, requires_grad=True)
    state = tuple(torch.randn(4, D, dtype=dtype, requires_grad=True) for _ in range(cell.parts))
    fast, slow = cell.step(cell.project(x), state), by_equations(cell, x, state)
    assert_same(list(fast), list(slow), [x, *state, *cell.parameters()], TOLERANCES[dtype])


def test_both_directions_joined(cell: nn.Module, dtype: torch.dtype) -> None:
    other = type(cell)(E, D).to(dtype)
    x, layout = inputs(dtype), Layout.of(LENGTHS)
    hidden, final = Bidirectional(cell, other)(x, Orders(layout, both=True))
    rows = list(x.split(LENGTHS))
    nothing = [tuple(torch.zeros(1, D, dtype=dtype) for _ in range(cell.parts))] * len(rows)
    ahead, last = row_by_row(cell, rows, nothing)
    back, first = row_by_row(other, [row.flip(0) for row in rows], nothing)
    back = torch.cat([row.flip(0) for row in back.split(LENGTHS)])
    finals = [torch.cat(parts) for states in (last, first) for parts in zip(*states, strict=True)]
    leaves = [x, *cell.parameters(), *other.parameters()]
    assert_same([hidden, *final], [torch.cat([ahead, back], 1), *finals], leaves, TOLERANCES[dtype])


@pytest.mark.parametrize("residual", [False, True])
def test_deep_layers_by_whole_rows_and_by_steps(cell: nn.Module, dtype: torch.dtype, residual: bool) -> None:
    upper = type(cell)(D, D).to(dtype)
    stack = RecurrentStack([Unidirectional(cell), Unidirectional(upper)], 0.0, residual=residual)
    row = torch.randn(5, E, dtype=dtype, requires_grad=True)
    whole, after = stack(row, Layout.of([5]))
    states = [tuple(torch.zeros(1, D, dtype=dtype) for _ in range(cell.parts))] * 2
    steps = []
    for x in row:
        hidden, states = stack.step(x[None], states)
        steps.append(hidden)
    slow, _ = row_by_row(cell, [row], states_of(cell, dtype))
    slow_upper, _ = row_by_row(upper, [slow], states_of(cell, dtype))
    slow_top = slow_upper + slow if residual else slow_upper
    leaves = [row, *stack.parameters()]
    parts = [part for state in after for part in state]
    assert_same([whole, *parts], [torch.cat(steps), *(p for s in states for p in s)], leaves, TOLERANCES[dtype])
    assert torch.allclose(whole, slow_top, atol=TOLERANCES[dtype])


def states_of(cell: nn.Module, dtype: torch.dtype) -> list[tuple[Tensor, ...]]:
    return [tuple(torch.zeros(1, D, dtype=dtype) for _ in range(cell.parts))]


@pytest.mark.parametrize("kind", list(CELLS))
def test_numeric_gradient_of_the_equations(kind: str) -> None:
    torch.manual_seed(0)
    cell = CELLS[kind](3, 2).double()
    x = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    state = tuple(torch.randn(2, 2, dtype=torch.float64, requires_grad=True) for _ in range(cell.parts))
    names = [name for name, _ in cell.named_parameters()]

    def twice(x: Tensor, *values: Tensor) -> tuple[Tensor, ...]:
        first, weights = values[: cell.parts], dict(zip(names, values[cell.parts :], strict=True))
        holder = type(cell).__new__(type(cell))
        nn.Module.__init__(holder)
        for name, value in weights.items():
            object.__setattr__(holder, name, value)
        return by_equations(holder, x, by_equations(holder, x, first))

    weights = tuple(p.detach().clone().requires_grad_() for p in cell.parameters())
    assert torch.autograd.gradcheck(twice, (x, *state, *weights), fast_mode=True)


def test_the_two_placements_of_the_reset_gate_differ() -> None:
    torch.manual_seed(0)
    after, before = ResetAfterGRU(E, D), ResetBeforeGRU(E, D)
    before.load_state_dict({name: p for name, p in after.state_dict().items() if name != "bias_candidate"})
    x, h = torch.randn(3, E), (torch.randn(3, D),)
    assert not torch.allclose(after.step(after.project(x), h)[0], before.step(before.project(x), h)[0])


def test_lstm_by_hand() -> None:
    """With all weights 0, i = o = ½, g = 0, and f = σ(forget bias): the memory decays by f in every step."""
    cell = LSTM(1, 1, forget_bias=1.0)
    with torch.no_grad():
        cell.weight_input.zero_()
        cell.weight_hidden.zero_()
    h, c = cell.step(cell.project(torch.zeros(1, 1)), (torch.zeros(1, 1), torch.full((1, 1), 2.0)))
    expected = 2 / (1 + torch.exp(torch.tensor(-1.0)))
    assert c.item() == pytest.approx(expected.item())
    assert h.item() == pytest.approx(0.5 * torch.tanh(expected).item())


@pytest.mark.parametrize("kind", list(CELLS))
def test_recurrent_matrices_begin_orthogonal(kind: str) -> None:
    for block in CELLS[kind](E, 8).weight_hidden.split(8):
        assert torch.allclose(block @ block.t(), torch.eye(8), atol=1e-5)


def test_time_major_order_by_hand() -> None:
    """Rows a, b, c of 1, 3 and 2 tokens: b1 c1 a1 | b2 c2 | b3."""
    order = TimeMajor.of(Layout.of([1, 3, 2]))
    assert order.order.tolist() == [1, 4, 0, 2, 5, 3]
    assert order.sizes.tolist() == [3, 2, 1]
    backwards = TimeMajor.of(Layout.of([1, 3, 2]), backwards=True)
    assert backwards.order.tolist() == [3, 5, 0, 2, 4, 1]
    packed = torch.arange(6)
    assert order.restore(order.arrange(packed)).equal(packed)
    assert packed[order.order[order.last]].tolist() == [0, 3, 5]
    assert packed[backwards.order[backwards.last]].tolist() == [0, 1, 4]
