from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dragoman.contracts import Layout, Packed

ROWS = st.lists(st.lists(st.integers(4, 99), min_size=1, max_size=6), min_size=1, max_size=5)


@given(ROWS)
def test_packing_keeps_rows(rows: list[list[int]]) -> None:
    assert Packed.of(rows).rows() == rows


@given(ROWS)
def test_padding_and_back_is_the_identity(rows: list[list[int]]) -> None:
    packed = Packed.of(rows)
    padded = packed.layout.pad(packed.values)
    assert padded.shape == (len(rows), max(map(len, rows)))
    assert packed.layout.unpad(padded).equal(packed.values)
    assert padded[~packed.layout.mask].eq(0).all()
    assert padded[packed.layout.mask].equal(packed.values)


@given(ROWS)
def test_shifted_rows_begin_with_the_start_symbol(rows: list[list[int]]) -> None:
    assert Packed.of(rows).shifted(2).rows() == [[2, *row[:-1]] for row in rows]


@given(ROWS)
def test_positions_and_rows(rows: list[list[int]]) -> None:
    layout = Packed.of(rows).layout
    assert layout.positions.tolist() == [i for row in rows for i in range(len(row))]
    assert layout.rows.tolist() == [i for i, row in enumerate(rows) for _ in row]
    assert layout.rectangular == (len(set(map(len, rows))) == 1)


@pytest.mark.parametrize("lengths", [[], [3, 0]])
def test_empty_rows_are_refused(lengths: list[int]) -> None:
    with pytest.raises(ValueError, match="at least one token"):
        Layout.of(lengths)


def test_padding_is_differentiable() -> None:
    layout = Layout.of([2, 1])
    x = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: layout.unpad(layout.pad(t) * 2), x)
