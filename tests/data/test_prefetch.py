"""What a thread prepares comes in order, errors included, and the thread ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from dragoman.data.prefetch import Prefetcher, run_ahead


def threads() -> int:
    return sum(thread.name == "dragoman-prefetch" for thread in threading.enumerate())


def test_items_come_in_order_and_end() -> None:
    prefetcher = Prefetcher(range(50))
    assert [prefetcher.take() for _ in range(50)] == list(range(50))
    with pytest.raises(StopIteration):
        prefetcher.take()
    prefetcher.close()
    assert threads() == 0


def test_an_error_comes_at_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("disk gone")

    prefetcher = Prefetcher(items())
    assert prefetcher.take() == 1
    with pytest.raises(OSError, match="disk gone"):
        prefetcher.take()
    prefetcher.close()


def test_what_is_not_taken_is_left() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(10**9):
            made.append(number)
            yield number

    prefetcher = Prefetcher(items(), ahead=2)
    assert prefetcher.take() == 0
    prefetcher.close()
    assert threads() == 0
    assert len(made) < 10


def failing(after: int) -> Iterator[int]:
    yield from range(after)
    raise ValueError("the fault")


def test_a_stage_ahead_keeps_order_and_ends() -> None:
    assert list(run_ahead(range(100))) == list(range(100))
    assert list(run_ahead([])) == []


def test_an_error_of_a_stage_ahead_comes_in_its_place() -> None:
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
