"""A running text in windows: sequential ones follow each other, random ones do not, and no token is used twice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.contracts import DEFAULT_SYMBOLS
from dragoman.data.windows import Window, random_windows, sequential_windows, window_batch

END, START = DEFAULT_SYMBOLS.end, DEFAULT_SYMBOLS.start

SIZES = {"tokens": st.integers(2, 400), "rows": st.integers(1, 9), "length": st.integers(2, 20)}


def places(windows: list[Window]) -> list[int]:
    return [int(begin) + step for window in windows for begin in window.begins for step in range(window.length)]


@given(**SIZES, seed=st.integers(0, 99))
@pytest.mark.parametrize("partition", [sequential_windows, random_windows])
def test_no_token_twice_and_few_left_out(partition: object, tokens: int, rows: int, length: int, seed: int) -> None:
    windows = partition(tokens, rows=rows, length=length, generator=np.random.default_rng(seed))
    used = places(windows)
    assert len(used) == len(set(used))
    assert min(used) >= 0
    assert max(used) < tokens
    assert tokens - len(used) < 2 * length + rows


@given(**SIZES, seed=st.integers(0, 99))
def test_sequential_windows_follow_each_other_in_every_row(tokens: int, rows: int, length: int, seed: int) -> None:
    windows = sequential_windows(tokens, rows=rows, length=length, generator=np.random.default_rng(seed))
    assert not windows[0].follows
    for one, other in itertools.pairwise(windows):
        assert other.follows
        assert (one.begins + one.length == other.begins).all()
        assert one.length == length


def test_random_windows_are_shuffled_and_never_follow() -> None:
    windows = random_windows(1000, rows=4, length=10, generator=np.random.default_rng(0))
    assert not any(window.follows for window in windows)
    begins = np.concatenate([window.begins for window in windows])
    assert not (np.diff(begins) > 0).all()
    assert (np.diff(np.sort(begins)) == 10).all()


def test_passes_differ_and_are_drawn_from_the_generator_alone() -> None:
    for partition in (sequential_windows, random_windows):
        one, same, other = (
            places(partition(500, rows=3, length=16, generator=np.random.default_rng(seed))) for seed in (1, 1, 2)
        )
        assert one == same
        assert one != other


def test_what_the_model_reads_before_each_token() -> None:
    """The lines a b, c, d e f end to end; a line's first token is read after the start symbol."""
    a, b, c, d, e, f = range(10, 16)
    stream = np.array([a, b, END, c, END, d, e, f, END])
    begins_of_lines = np.array([0, 3, 5])
    batch = window_batch(stream, begins_of_lines, Window(np.array([0, 4]), 4, follows=True), DEFAULT_SYMBOLS)
    assert batch.target.rows() == [[a, b, END, c], [END, d, e, f]]
    assert batch.inputs.rows() == [[START, a, b, START], [c, START, d, e]]
    assert batch.follows
    assert batch.examples.tolist() == [0, 1]
    assert batch.layouts[0].rectangular
