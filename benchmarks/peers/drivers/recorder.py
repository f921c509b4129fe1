"""What every driver shares: its request, the record of a training, and its answer. Standard library only, so that it
runs in any toolkit's environment.

A driver is a program ``python DRIVER REQUEST ANSWER``, both files of JSON. Times are of the wall clock of training
alone: while a snapshot is written, the clock stands.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any


class Recorder:
    """Notes what each update did and says when training is over.

    Args:
        request: ``seconds`` of training, and at least ``minimum_updates``, or ``updates``, whichever comes first;
            ``snapshot_every`` seconds, or None.
        folder: of the snapshots, each named by the seconds of training before it.
    """

    def __init__(self, request: dict[str, Any], folder: Path) -> None:
        self._seconds = request.get("seconds") or float("inf")
        self._updates = request.get("updates") or float("inf")
        self._least = request.get("minimum_updates") or 0
        self._every = request.get("snapshot_every") or float("inf")
        self._folder = folder
        self._next = self._every
        self._began: float | None = None
        self._paused = 0.0
        self._tokens = 0
        self._busy = 0.0
        self._last = (0.0, 0.0)
        self.marks: list[tuple[float, float, int, float]] = []
        """After each update: seconds of training by the clock and by the processor (of all threads), real target tokens
        so far, loss."""

    def start(self) -> None:
        """The first update begins."""
        if self._began is None:
            self._began = time.perf_counter()
            self._busy = time.process_time()

    def update(self, tokens: int, loss: float, snapshot: Callable[[Path], object] | None = None) -> bool:
        """An update is done that had so many real target tokens.

        Args:
            tokens: those that the loss was computed on; the end symbol counts, padding and the start symbol don't.
            loss: as the toolkit reports it.
            snapshot: writes the model into a folder.

        Returns:
            Whether training is over.
        """
        assert self._began is not None, "start comes first"
        self._tokens += tokens
        seconds = time.perf_counter() - self._began - self._paused
        busy = time.process_time() - self._busy
        self.marks.append((round(seconds, 4), round(busy, 4), self._tokens, loss))
        updates = len(self.marks)
        over = (seconds >= self._seconds and updates >= self._least) or updates >= self._updates
        if snapshot is not None and (seconds >= self._next or (over and self._every < float("inf"))):
            with self.pause():
                snapshot(self._folder / f"{seconds:.1f}")
            self._next = seconds + self._every
        self._last = (time.perf_counter(), time.process_time())
        return bool(over)

    def skip(self) -> None:
        """What came since the last update was not training."""
        clock, busy = self._last
        self._paused += time.perf_counter() - clock
        self._busy += time.process_time() - busy

    @contextmanager
    def pause(self) -> Iterator[None]:
        """What happens inside is not training."""
        began, busy = time.perf_counter(), time.process_time()
        yield
        self._paused += time.perf_counter() - began
        self._busy += time.process_time() - busy


def peak_resident_mib() -> float:
    """The most memory that this process has held so far."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM"):
            return round(int(line.split()[1]) / 1024, 1)
    raise OSError("the operating system does not say how much memory was held at most")


def read_request() -> dict[str, Any]:
    """The request that this program was started with."""
    request: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    return request


def answer(values: dict[str, Any], packages: tuple[str, ...]) -> None:
    """Write the answer, with the peak of memory and the versions of these packages."""
    versions = {name: metadata.version(name) for name in packages}
    text = json.dumps({**values, "peak_resident_mib": peak_resident_mib(), "versions": versions})
    Path(sys.argv[2]).write_text(text, encoding="utf-8")
