"""Some rows of a batch are a batch of these rows."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from dragoman.contracts import Batch, Labels, Numbers, Packed, Pictures, Rows, TextBatch

ROWS = st.lists(st.lists(st.integers(4, 99), min_size=1, max_size=6), min_size=1, max_size=6)


def chosen(count: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, count - 1), min_size=1, max_size=8)


@given(ROWS.flatmap(lambda rows: st.tuples(st.just(rows), chosen(len(rows)))))
def test_packed_rows(case: tuple[list[list[int]], list[int]]) -> None:
    rows, numbers = case
    part = Packed.of(rows).select(torch.tensor(numbers))
    wanted = Packed.of([rows[number] for number in numbers])
    assert part.rows() == wanted.rows()
    for name in ("lengths", "starts", "rows", "positions"):
        assert getattr(part.layout, name).equal(getattr(wanted.layout, name))
    assert part.layout.longest == wanted.layout.longest


@given(ROWS)
def test_all_rows_are_the_same(rows: list[list[int]]) -> None:
    packed = Packed.of(rows)
    part = packed.select(torch.arange(len(rows)))
    assert part.values.equal(packed.values)
    assert part.layout.lengths.equal(packed.layout.lengths)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5).flatmap(lambda w: st.tuples(st.just(w), chosen(len(w)))))
def test_pictures(case: tuple[list[int], list[int]]) -> None:
    widths, numbers = case
    pictures = [np.full((1, 2, width), n, np.uint8) for n, width in enumerate(widths)]
    part = Pictures.of(pictures).select(torch.tensor(numbers))
    wanted = Pictures.of([pictures[number] for number in numbers])
    assert part.values.equal(wanted.values)
    assert part.layout.lengths.equal(wanted.layout.lengths)


def test_batches_of_rows_labels_and_numbers() -> None:
    rows = Rows(torch.arange(6.0).view(3, 2), torch.arange(3)[:, None])
    numbers = torch.tensor([2, 0])
    for target in (Labels(torch.tensor([5, 6, 7])), Numbers(torch.tensor([5.0, 6.0, 7.0]))):
        part = Batch(rows, target, torch.tensor([10, 11, 12])).select(numbers)
        assert part.target.values.tolist() == [7, 5]
        assert part.source.numbers.tolist() == [[4, 5], [0, 1]]
        assert part.source.categories.tolist() == [[2], [0]]
        assert part.examples.tolist() == [12, 10]


def test_pieces_of_text() -> None:
    target = Packed.of([[5, 3], [6, 7, 3], [8, 3]])
    part = TextBatch(target.shifted(1), target, True, torch.tensor([4, 4, 9])).select(torch.tensor([1, 2]))
    assert part.follows
    assert part.inputs.rows() == [[1, 6, 7], [1, 8]]
    assert part.target.rows() == [[6, 7, 3], [8, 3]]
    assert part.inputs.layout is part.target.layout
    assert part.examples.tolist() == [4, 9]
