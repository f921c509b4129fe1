"""Connectionist temporal classification: the fast path equals the equations, enumeration and PyTorch's."""

from __future__ import annotations

from itertools import groupby, product

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from dragoman.contracts import Layout, Packed
from dragoman.layers import connectionist_temporal_classification as ctc
from dragoman.layers.connectionist_temporal_classification import ctc_equations, ctc_loss, ctc_nats, fits
from dragoman.layers.ctc_alignment import best_alignments

V, D = 7, 5
PLACES = [6, 9, 4, 3, 7]
# Equal neighbours, another blank's id, as many symbols as places, one alone.
TARGETS = [[4, 4, 5], [1, 6, 1, 6], [2, 3, 4, 5], [6], [0, 0, 0, 0]]
BLANK = 3
TARGETS[2][1] = 6
TOLERANCES = {torch.float32: 1e-5, torch.float64: 1e-10}
Weights = tuple[Tensor, Tensor, Tensor]


@pytest.fixture(params=[torch.float32, torch.float64], ids=str)
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    return request.param


def leaves(places: list[int], dtype: torch.dtype, symbols: int = V, width: int = D) -> Weights:
    torch.manual_seed(0)
    shapes = (sum(places), width), (symbols, width), (symbols,)
    states, weight, bias = (torch.randn(shape, dtype=dtype, requires_grad=True) for shape in shapes)
    return states, weight, bias


def packed(targets: list[list[int]]) -> Packed:
    """Also of empty rows."""
    lengths = torch.tensor([len(row) for row in targets])
    starts = lengths.cumsum(0) - lengths
    rows = torch.arange(len(targets)).repeat_interleave(lengths)
    layout = Layout(lengths, starts, rows, torch.arange(len(rows)) - starts[rows], int(lengths.max()))
    return Packed(torch.tensor([symbol for row in targets for symbol in row], dtype=torch.int64), layout)


def by_equations(weights: Weights, places: list[int], targets: list[list[int]], rows: slice = slice(None)) -> Tensor:
    log_p = torch.log_softmax(F.linear(*weights), 1).split(places)
    values = [
        ctc_equations(row, torch.tensor(target, dtype=torch.int64), BLANK)
        for row, target in list(zip(log_p, targets, strict=True))[rows]
    ]
    return torch.stack(values)


def assert_same(fast: Tensor, slow: Tensor, weights: Weights) -> None:
    tolerance = TOLERANCES[slow.dtype]
    assert torch.allclose(fast, slow, atol=tolerance, rtol=tolerance)
    one, other = (torch.autograd.grad(value, weights) for value in (3 * fast, 3 * slow))
    for a, b in zip(one, other, strict=True):
        assert torch.allclose(a, b, atol=10 * tolerance, rtol=10 * tolerance)


def fast(weights: Weights, places: list[int], targets: list[list[int]]) -> Tensor:
    states, weight, bias = weights
    return ctc_loss(states, Layout.of(places), weight, bias, packed(targets), BLANK)


def nats(weights: Weights, places: list[int], targets: list[list[int]], blank: int = BLANK) -> Tensor:
    states, weight, bias = weights
    return ctc_nats(states, Layout.of(places), weight, bias, packed(targets), blank)


def test_equations_are_the_sum_over_all_alignments() -> None:
    torch.manual_seed(0)
    log_p = torch.log_softmax(torch.randn(5, 3, dtype=torch.float64), 1)
    sums: dict[tuple[int, ...], float] = {}
    for path in product(range(3), repeat=5):
        text = tuple(symbol for symbol, _ in groupby(path) if symbol != 1)
        sums[text] = sums.get(text, 0.0) + float(log_p[torch.arange(5), list(path)].sum().exp())
    assert sum(sums.values()) == pytest.approx(1)
    for text, probability in sums.items():
        value = ctc_equations(log_p, torch.tensor(text, dtype=torch.int64), 1)
        assert float(torch.exp(-value)) == pytest.approx(probability)


@pytest.mark.parametrize("targets", [TARGETS, [[], [1], [], [4, 5], []], [[]] * 5], ids=["all", "some", "none"])
def test_loss_equals_equations(targets: list[list[int]], dtype: torch.dtype) -> None:
    weights = leaves(PLACES, dtype)
    slow = by_equations(weights, PLACES, targets)
    assert_same(fast(weights, PLACES, targets), slow.sum(), weights)
    assert torch.allclose(nats(weights, PLACES, targets), slow.double(), rtol=TOLERANCES[dtype])


def test_loss_equals_that_of_pytorch(dtype: torch.dtype) -> None:
    weights, target, layout = leaves(PLACES, dtype), packed(TARGETS), Layout.of(PLACES)
    log_p = layout.pad(torch.log_softmax(F.linear(*weights), 1)).transpose(0, 1)
    theirs = F.ctc_loss(
        log_p, target.values, layout.lengths, target.layout.lengths, blank=BLANK, reduction="none", zero_infinity=True
    )
    assert_same(fast(weights, PLACES, TARGETS), theirs.sum(), weights)


def test_numeric_gradient() -> None:
    states, weight, bias = leaves([4, 2], torch.float64, width=2)
    layout, target = Layout.of([4, 2]), packed([[1, 1], [5, 2]])
    assert torch.autograd.gradcheck(lambda s, w, b: ctc_loss(s, layout, w, b, target, BLANK), (states, weight, bias))


@pytest.mark.parametrize("largest", [1, 10 * V, 17 * V])
def test_a_few_rows_and_places_at_a_time(largest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = leaves(PLACES, torch.float64)
    slow = fast(weights, PLACES, TARGETS)
    rows = nats(weights, PLACES, TARGETS)
    monkeypatch.setattr(ctc, "_LARGEST_SOFTMAX", largest)
    monkeypatch.setattr(ctc, "_CHUNK", 4)
    assert_same(fast(weights, PLACES, TARGETS), slow, weights)
    assert torch.allclose(nats(weights, PLACES, TARGETS), rows)


def test_rows_that_do_not_fit_count_nothing(dtype: torch.dtype) -> None:
    """Too many symbols, and no place for the blank between two equal ones."""
    places, targets = [3, 5, 3, 4], [[1, 2, 4, 5], [1, 2, 2], [4, 4, 4], [6, 6, 5]]
    weights = leaves(places, dtype)
    assert fits(torch.tensor(places), packed(targets)).tolist() == [False, True, False, True]
    assert nats(weights, places, targets).isinf().tolist() == [True, False, True, False]
    slow = by_equations(weights, places, targets, slice(1, None, 2)).sum()
    assert_same(fast(weights, places, targets), slow, weights)
    states = torch.autograd.grad(fast(weights, places, targets), weights[0])[0].split(places)
    assert [bool((row == 0).all()) for row in states] == [True, False, True, False]


def test_a_symbol_may_have_no_place(dtype: torch.dtype) -> None:
    """What it would be written by is impossible, and all else as if the symbol were not there."""
    places, targets = [4, 5], [[1, 6], [2, 4]]
    states, weight, bias = leaves(places, dtype)
    without = states, weight[:6], bias[:6]
    banned = states, weight, bias.index_fill(0, torch.tensor([6]), float("-inf"))
    slow = by_equations(without, places, [[1], [2, 4]])
    assert nats(banned, places, targets)[1] == pytest.approx(float(slow[1].detach()), rel=1e-5)
    assert nats(banned, places, targets)[0] == float("inf")
    assert_same(fast(banned, places, targets), slow[1], (states, weight, bias))


@pytest.mark.parametrize("scale", [0.1, 3.0, 10.0])
def test_a_long_line_loses_nothing(scale: float) -> None:
    """Neither by underflow nor by rounding."""
    places, targets = [400, 390], [[k % 5 + 1 for k in range(100)], [2, 2, 4] * 30]
    targets = [[6 if symbol == BLANK else symbol for symbol in row] for row in targets]
    states, weight, bias = leaves(places, torch.float32)
    weights = (states * scale).detach(), weight, bias
    exact: Weights = tuple(w.detach().double() for w in weights)  # type: ignore[assignment]
    assert torch.allclose(nats(weights, places, targets), nats(exact, places, targets), rtol=1e-6, atol=1e-4)
    ours, theirs = (torch.autograd.grad(fast(w, places, targets), w[1])[0] for w in (weights, leaf(exact)))
    assert torch.allclose(ours.double(), theirs, atol=1e-3 * float(theirs.abs().max()))


def leaf(weights: Weights) -> Weights:
    states, weight, bias = (w.requires_grad_() for w in weights)
    return states, weight, bias


def test_bfloat16_differs_from_float32_by_its_own_rounding_only() -> None:
    half = leaves(PLACES, torch.bfloat16)
    single: Weights = tuple(w.detach().float().requires_grad_() for w in half)  # type: ignore[assignment]
    one, other = fast(half, PLACES, TARGETS), fast(single, PLACES, TARGETS)
    assert one.dtype == torch.float32
    assert torch.allclose(one, other, rtol=1e-2)
    for a, b in zip(torch.autograd.grad(one, half), torch.autograd.grad(other, single), strict=True):
        assert a.dtype == torch.bfloat16
        assert torch.allclose(a.float(), b, atol=0.03 * float(b.abs().max()))


def test_what_is_no_number_stays_none() -> None:
    """A run that diverged must not look like rows that do not fit."""
    states, weight, bias = leaves(PLACES, torch.float32)
    broken = states.detach().clone()
    broken[8, 2] = float("nan")
    assert fast((broken, weight, bias), PLACES, TARGETS).isnan()
    assert nats((broken, weight, bias), PLACES, TARGETS).isnan().tolist() == [False, True, False, False, False]


@given(st.lists(st.tuples(st.integers(1, 6), st.lists(st.integers(1, 3), max_size=4)), min_size=1, max_size=3))
def test_what_fits_has_a_probability(lines: list[tuple[int, list[int]]]) -> None:
    places, targets = [size for size, _ in lines], [target for _, target in lines]
    measured = nats(leaves(places, torch.float64, symbols=4), places, targets, blank=0)
    assert measured.isfinite().tolist() == fits(torch.tensor(places), packed(targets)).tolist()
    assert (measured >= -1e-12).all()


def test_best_alignment_equals_enumeration() -> None:
    """Rows of unequal length together, empty and impossible texts, equal neighbours, symbols of no probability."""
    draw = torch.Generator().manual_seed(0)
    places, symbols = [5, 1, 4, 5, 3, 2, 4], 4
    targets = [[0, 0, 1], [2], [], [1, 2, 1, 0], [0, 0], [1, 1], [0, 2]]
    log_p = torch.log_softmax(2 * torch.randn(sum(places), symbols, generator=draw, dtype=torch.float64), 1)
    log_p[2, 1] = float("-inf")
    found = best_alignments(log_p, Layout.of(places), packed(targets), BLANK)
    rows = zip(
        log_p.split(places), targets, found.places.split(places), found.position_log_p.split(places), strict=True
    )
    for row, (row_log_p, target, at, position_log_p) in enumerate(rows):
        scores = [
            float(row_log_p[torch.arange(len(row_log_p)), list(path)].sum())
            for path in product(range(symbols), repeat=len(row_log_p))
            if [symbol for symbol, _ in groupby(path) if symbol != BLANK] == target
        ]
        best = max(scores, default=float("-inf"))
        assert float(found.log_p[row]) == pytest.approx(best)
        if best == float("-inf"):
            assert at.tolist() == [-1] * len(at)
            continue
        written = [BLANK if place < 0 else target[place] for place in at.tolist()]
        assert float(row_log_p[torch.arange(len(at)), written].sum()) == pytest.approx(best)
        assert float(position_log_p.sum()) == pytest.approx(best)
        # Each symbol stands at its own positions, in the order of the text.
        assert [place for place, _ in groupby(at.tolist()) if place >= 0] == list(range(len(target)))
