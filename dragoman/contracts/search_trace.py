"""The trace of a search: every hypothesis that it considered, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Fate(Enum):
    """What became of a hypothesis in a search; the values are what reports print."""

    CONTINUED = "continued"
    """The search went on from it."""
    COMPLETE = "complete"
    """It ended with the end symbol and was kept."""
    LENGTH = "length limit"
    """It had as many tokens as allowed, and is kept as a last resort; or it had one more, and was dropped."""
    REPETITION = "repetition cut"
    """It ended in a loop; it is kept, cut, as a last resort."""
    PUSHED_OUT = "pushed out of the beam"
    """Others were more probable, and the search follows only so many."""
    HOPELESS = "could no longer be the best"
    """Whatever followed, it would have scored lower than what was complete already."""


@dataclass(frozen=True, slots=True)
class TraceNode:
    """A hypothesis that a search considered: its parent, and one symbol more.

    Attributes:
        symbol: id of the symbol.
        parent: index of the node that it continues; −1 for the first symbol of an output.
        log_probability: natural logarithm of the probability of the hypothesis so far.
        score: score that the search would give the hypothesis if it ended here.
        fate: what became of it.
    """

    symbol: int
    parent: int
    log_probability: float
    score: float
    fate: Fate


@dataclass(frozen=True, slots=True)
class SearchTrace:
    """The tree of the hypotheses that a search considered for one row.

    Attributes:
        nodes: the hypotheses in the order in which they were considered, so that each stands behind its parent.
    """

    nodes: tuple[TraceNode, ...]
