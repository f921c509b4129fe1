"""Work done ahead keeps its order, raises where it should, and leaves no thread behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from dragoman.data.ahead import run_ahead


def failing(after: int) -> Iterator[int]:
    yield from range(after)
    raise ValueError("the fault")


def test_order_and_end() -> None:
    assert list(run_ahead(range(100))) == list(range(100))
    assert list(run_ahead([])) == []


def test_an_error_comes_in_its_place() -> None:
    found = []
    with pytest.raises(ValueError, match="the fault"):
        for number in run_ahead(failing(5)):
            found.append(number)
    assert found == list(range(5))


def test_whoever_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    numbers = run_ahead(iter(range(10**9)))
    assert next(numbers) == 0
    assert threading.active_count() == before + 1
    del numbers
    assert threading.active_count() == before
