"""Two stages of a stream at once: native code of both runs at the same time, results keep their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from dragoman.data.prefetch import Prefetcher

_AHEAD = 2

T = TypeVar("T")


def run_ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, made in a thread of their own a few ahead of those that are used.

    An error there is raised where its item would come. The thread ends with the iterator.
    """
    prefetcher = Prefetcher(items, _AHEAD)
    try:
        while True:
            try:
                item = prefetcher.take()
            except StopIteration:
                return
            yield item
    finally:
        prefetcher.close()
