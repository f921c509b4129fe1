"""Several models at work on the same examples, so that what slows the machine down for a while slows down all."""

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
"""The indices of some examples."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Turns:
    """How often, and in how many parts, models are used while they are measured.

    Attributes:
        parts: parts that the examples are cut into, each of which is timed by itself.
        rounds: times that all parts are gone through.
    """

    parts: int = 1
    rounds: int = 1

    def of(self, count: int) -> list[Part]:
        """The parts of ``count`` examples, in the order in which they are gone through."""
        parts = np.array_split(np.arange(count), max(min(self.parts, count), 1))
        return [part for _ in range(self.rounds) for part in parts]


@dataclass(frozen=True, slots=True)
class Timed(Generic[Result]):
    """What one model made of all examples.

    Attributes:
        results: one for each part of the last round, in their order.
        rate: examples in a second, the median over parts and rounds.
    """

    results: list[Result]
    rate: float


def in_turn(uses: Sequence[Callable[[Part], Result]], count: int, turns: Turns, tell: Tell) -> list[Timed[Result]]:
    """What each use makes of ``count`` examples, and how fast.

    Args:
        uses: each is called once for every part.
        count: examples.
        turns: how they are cut.
        tell: is given a sentence on each part.
    """
    found: list[list[Result]] = [[] for _ in uses]
    rates: list[list[float]] = [[] for _ in uses]
    parts = turns.of(count)
    for number, part in enumerate(parts, start=1):
        if len(parts) > 1:
            tell(f"measuring, part {number} of {len(parts)}")
        for use, results, measured in zip(uses, found, rates, strict=True):
            began = time.perf_counter()
            results.append(use(part))
            measured.append(len(part) / (time.perf_counter() - began))
    last = len(parts) // turns.rounds
    return [Timed(results[-last:], statistics.median(measured)) for results, measured in zip(found, rates, strict=True)]
