"""Work done ahead of time: a thread goes through an iterator while its results are used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

_AHEAD = 4
_STAGES_AHEAD = 2

T = TypeVar("T")


class _End:
    """Stands behind the last item."""


class Prefetcher(Generic[T]):
    """Runs an iterator a few items ahead in a thread. An exception there is raised by :meth:`take`.

    Args:
        items: what to run through; only the thread touches it.
        ahead: items that may wait to be taken.
    """

    def __init__(self, items: Iterable[T], ahead: int = _AHEAD) -> None:
        self._items = items
        self._queue: queue.Queue[T | BaseException | _End] = queue.Queue(ahead)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dragoman-prefetch", daemon=True)
        self._thread.start()

    def take(self) -> T:
        """The next item.

        Raises:
            StopIteration: if there is none.
        """
        item = self._queue.get()
        if isinstance(item, _End):
            raise StopIteration
        if isinstance(item, BaseException):
            raise item
        return item

    def close(self) -> None:
        """End the thread, whatever is left of the items."""
        self._closed.set()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._thread.join()

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
            self._put(_End())
        except BaseException as error:
            self._put(error)

    def _put(self, item: T | BaseException | _End) -> bool:
        while not self._closed.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False


def run_ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, made in a thread of their own a few ahead of those that are used.

    An error there is raised where its item would come. The thread ends with the iterator.
    """
    prefetcher = Prefetcher(items, _STAGES_AHEAD)
    try:
        while True:
            try:
                item = prefetcher.take()
            except StopIteration:
                return
            yield item
    finally:
        prefetcher.close()
