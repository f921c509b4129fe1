"""What a search finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Ending(Enum):
    """Why a hypothesis is no longer."""

    COMPLETE = "complete"
    LENGTH = "length limit"
    REPETITION = "repetition cut"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One finished output of a search.

    Attributes:
        tokens: ids without prefix, start and end symbol.
        log_probability: natural logarithm of the probability of the tokens after the prefix, the end symbol included if
            complete.
        score: what the search ranked it by (``log_probability`` after the length penalty).
        ending: whether the model ended it, or the search had to.
    """

    tokens: list[int]
    log_probability: float
    score: float
    ending: Ending
