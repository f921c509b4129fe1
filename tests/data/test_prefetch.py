"""What a thread prepares comes in order, errors included, and the thread ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from dragoman.data.prefetch import Prefetcher


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
