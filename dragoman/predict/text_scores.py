"""Probabilities of given texts, line by line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, slots=True)
class TextScores:
    """Losses and sizes of n lines.

    Attributes:
        nats: −log P(line) in nats, with the end of the line, [n].
        tokens: number of tokens of each line, with the end symbol, [n].
        characters: number of code points of each line, plus one for the end, [n].
    """

    nats: Float[np.ndarray, " n"]
    tokens: Float[np.ndarray, " n"]
    characters: Float[np.ndarray, " n"]
