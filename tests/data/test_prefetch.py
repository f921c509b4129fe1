"""What a thread prepares comes in order, errors included, and the thread ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from dragoman.data.prefetch import Prefetcher, prefetched


def threads() -> int:
    return sum(thread.name == "dragoman-prefetch" for thread in threading.enumerate())


def test_items_come_in_order() -> None:
    assert list(prefetched(range(100))) == list(range(100))
    assert list(prefetched([])) == []
    assert threads() == 0


def test_an_error_comes_at_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("disk gone")

    found = prefetched(items())
    assert next(found) == 1
    with pytest.raises(OSError, match="disk gone"):
        next(found)
    assert threads() == 0


def test_what_is_not_used_is_left() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    found = prefetched(items())
    assert next(found) == 0
    found.close()
    assert threads() == 0
    assert len(made) < 10


def test_a_prefetcher_can_be_closed_at_once() -> None:
    prefetcher = Prefetcher(iter(range(10**9)))
    prefetcher.close()
    assert threads() == 0
