"""Several models used in turns on the same examples, so that a slow phase of the machine slows all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Int

Result = TypeVar("Result")
Part = Int[np.ndarray, " k"]
"""Indices of some examples."""
Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Turns:
    """How often, and in how many parts, models are used while they are measured.

    >>> [part.tolist() for part in Turns(parts=2).of(5)]
    [[0, 1, 2], [3, 4]]

    Attributes:
        parts: number of parts of the examples, each of which is timed separately.
        rounds: number of passes over all parts.
    """

    parts: int = 1
    rounds: int = 1

    def of(self, count: int) -> list[Part]:
        """The parts of ``count`` examples, in the order of use."""
        parts = np.array_split(np.arange(count), max(min(self.parts, count), 1))
        return [part for _ in range(self.rounds) for part in parts]


@dataclass(frozen=True, slots=True)
class Timed(Generic[Result]):
    """The outputs of one model for all examples, with its speed.

    Attributes:
        results: result for each part of the last round, in order.
        rate: examples per second, the median over parts and rounds.
    """

    results: list[Result]
    rate: float


def in_turn(uses: Sequence[Callable[[Part], Result]], count: int, turns: Turns, log: Log) -> list[Timed[Result]]:
    """Use models in turns on ``count`` examples, and time them.

    Args:
        uses: function for each model, called once for every part.
        count: number of examples.
        turns: the division into parts and rounds.
        log: called with a sentence on each part.

    >>> timed = in_turn([lambda part: part.sum()], 4, Turns(parts=2), log=lambda message: None)
    >>> int(sum(timed[0].results))
    6
    """
    found: list[list[Result]] = [[] for _ in uses]
    rates: list[list[float]] = [[] for _ in uses]
    parts = turns.of(count)
    for number, part in enumerate(parts, start=1):
        if len(parts) > 1:
            log(f"measuring, part {number} of {len(parts)}")
        for use, results, measured in zip(uses, found, rates, strict=True):
            began = time.perf_counter()
            results.append(use(part))
            measured.append(len(part) / (time.perf_counter() - began))
    last = len(parts) // turns.rounds
    return [Timed(results[-last:], statistics.median(measured)) for results, measured in zip(found, rates, strict=True)]
