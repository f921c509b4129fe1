"""How probable given text is, line by line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, slots=True)
class TextScores:
    """One number for each line.

    Attributes:
        nats: −log P(line), its end included.
        tokens: tokens of the line, the end symbol included.
        characters: code points of the line, and one for the end.
    """

    nats: Float[np.ndarray, " n"]
    tokens: Float[np.ndarray, " n"]
    characters: Float[np.ndarray, " n"]
