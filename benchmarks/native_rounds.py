"""Several systems measured in turn, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

Result = TypeVar("Result")


@dataclass
class Times(Generic[Result]):
    """What one system took, and its last result.

    Attributes:
        processor: seconds of processor, of all threads together, one number a round or a call.
        clock: seconds by the clock.
        result: what it gave the last time.
    """

    processor: list[float] = field(default_factory=list)
    clock: list[float] = field(default_factory=list)
    result: Result | None = None

    def measure(self, work: Callable[[], Result]) -> None:
        """Work once."""
        began, used = time.perf_counter(), time.process_time()
        self.result = work()
        self.processor.append(time.process_time() - used)
        self.clock.append(time.perf_counter() - began)


def in_turn(works: Mapping[str, Callable[[], Result]], rounds: int) -> dict[str, Times[Result]]:
    """Each work once in every round. The objects that are there already are not gone through by Python's collector of
    garbage, which would fall on whoever is measured."""
    gc.collect()
    gc.freeze()
    times: dict[str, Times[Result]] = {name: Times() for name in works}
    for number in range(rounds):
        # Each is first as often as last, and follows another one every time.
        names = list(works)[number % len(works) :] + list(works)[: number % len(works)]
        for name in names:
            times[name].measure(works[name])
    return times


def speed(times: Times[Any], count: int) -> dict[str, float]:
    """Medians of how many a second."""
    return {
        "per_processor_second": round(count / statistics.median(times.processor), 2),
        "per_second": round(count / statistics.median(times.clock), 2),
    }


def ratios(times: Times[Any], other: Times[Any]) -> dict[str, Any]:
    """How many times as fast as ``other``: the median over rounds of the ratios within each, and the lowest and the
    highest, by processor time; the median by the clock."""
    by_processor = [b / a for a, b in zip(times.processor, other.processor, strict=True)]
    by_clock = [b / a for a, b in zip(times.clock, other.clock, strict=True)]
    return {
        "processor": round(statistics.median(by_processor), 3),
        "lowest": round(min(by_processor), 3),
        "highest": round(max(by_processor), 3),
        "clock": round(statistics.median(by_clock), 3),
    }


def milliseconds(times: Times[Any]) -> dict[str, float]:
    """Half and 99 % of the calls took at most so long."""
    found = {}
    for name, values in (("processor", times.processor), ("clock", times.clock)):
        for share in (50, 99):
            found[f"{name}_p{share}"] = round(1e3 * float(np.percentile(values, share)), 4)
    return found
