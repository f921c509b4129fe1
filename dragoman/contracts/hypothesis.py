"""Hypotheses, the outputs that a search finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Ending(Enum):
    """Why a hypothesis ended where it did."""

    COMPLETE = "complete"
    LENGTH = "length limit"
    REPETITION = "repetition cut"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One finished output of a search.

    Attributes:
        tokens: ids of its tokens, without prefix, start and end symbol.
        log_probability: natural logarithm of the probability of the tokens after the prefix, with the end symbol if it
            is complete.
        score: the score by which the search ranked it (``log_probability`` after the length penalty).
        ending: whether the model ended it, or the search had to.
    """

    tokens: list[int]
    log_probability: float
    score: float
    ending: Ending
