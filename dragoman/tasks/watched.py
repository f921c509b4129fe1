"""The training examples that the stability monitor watches: few, so that a snapshot is cheap, and always the same, so
that snapshots can be compared."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from dragoman.data.batch_sampler import Measured

_TOKENS = 256
"""Number of source or target tokens, whichever are more; for labels and numbers, number of examples."""
_MOST = 64
"""Most examples: pictures are large, and more rows would add nothing."""


def watched_examples(examples: Measured, seed: int) -> Int[np.ndarray, " k"]:
    """The indices of some examples, at least one, drawn at random.

    Args:
        examples: training set.
        seed: seed of the draw.
    """
    lengths = np.maximum(examples.source_lengths, examples.target_lengths)
    order = np.random.default_rng(seed).permutation(len(lengths))[: 4 * _MOST]
    fitting = int(np.searchsorted(np.cumsum(lengths[order], dtype=np.int64), _TOKENS, side="right"))
    return np.sort(order[: min(max(fitting, 1), _MOST)])
