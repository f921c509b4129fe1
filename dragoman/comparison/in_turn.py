"""How fast several models are, when they take turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Result = TypeVar("Result")


def in_turn(
    uses: Sequence[Callable[[], Result]], count: int, rounds: int, tell: Callable[[str], None]
) -> list[tuple[Result, float]]:
    """What each use gives, and how many of ``count`` examples it does in a second, the median over the rounds. What
    slows the machine down for a while slows down all of them.

    Args:
        uses: each is called once in every round.
        count: examples in a call.
        rounds: at least 1.
        tell: is given a sentence on each round.
    """
    rates: list[list[float]] = [[] for _ in uses]
    found: list[Result] = []
    for number in range(1, rounds + 1):
        tell(f"measuring, round {number} of {rounds}")
        found = []
        for use, measured in zip(uses, rates, strict=True):
            began = time.perf_counter()
            found.append(use())
            measured.append(count / (time.perf_counter() - began))
    return [(result, statistics.median(measured)) for result, measured in zip(found, rates, strict=True)]
