"""What the test of covariate shift could have seen at the size of the samples: its estimated power."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

from dragoman.shift.permutations import SEED


@dataclass(frozen=True, slots=True)
class Power:
    """Estimated power of the test of covariate shift.

    Attributes:
        level: the level α at which the test rejects.
        seen: estimated probability that samples of ``old`` and ``new`` examples with the shift that was seen would
            be rejected.
        half: the same of a shift half its size: every other new example is an old one.
        old: number of old examples in each simulated sample.
        new: number of new examples in each simulated sample.
        samples: number of simulated samples behind each estimate.
        notes: what a reader must know of how it was estimated, one sentence each.
    """

    level: float
    seen: float
    half: float
    old: int
    new: int
    samples: int
    notes: tuple[str, ...]

    def sentence(self) -> str:
        """The power as one sentence for reports."""
        return (
            f"At {self.new:,} new examples a shift half this size would be missed in about "
            f"{round(10 * (1 - self.half))} of 10 samples."
        )


def estimated_power(
    old: Float[np.ndarray, "n d"],
    new: Float[np.ndarray, "m d"],
    *,
    old_documents: Int64[np.ndarray, " n"] | None = None,
    new_documents: Int64[np.ndarray, " m"] | None = None,
    level: float = 0.05,
    seed: int = SEED,
) -> Power:
    """Estimate the power of :func:`covariate_shift` for the shift between two samples and for one half its size."""
    raise NotImplementedError
