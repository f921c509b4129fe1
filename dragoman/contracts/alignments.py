"""Alignments of texts with the positions of an input."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

NO_SYMBOL = -1
"""Stands for the place of a position that writes no symbol."""


@dataclass(frozen=True, slots=True)
class Alignments:
    """One alignment of each of B texts with the N positions of their inputs.

    A symbol is written at one position or at several in a row; between symbols a position may write the blank.

    Attributes:
        places: for each position the place in its row's text, from 0, of the symbol that it writes; −1 for the blank.
        position_log_p: natural logarithm of the probability of what each position writes.
        log_p: natural logarithm of the probability of each alignment; −∞ where the text has none, and all of its places
            are then −1.
    """

    places: Int[Tensor, " N"]
    position_log_p: Float[Tensor, " N"]
    log_p: Float[Tensor, " B"]
