"""Which training examples are looked at: few, so that a look is cheap, and always the same, so that looks compare."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from dragoman.data.batch_sampler import Measured

_TOKENS = 256
"""Tokens of sources or of targets, whichever are more; of labels and numbers, examples."""
_MOST = 64
"""Examples at most: of pictures each is large, and of rows none is worth more."""


def watched_examples(examples: Measured, seed: int) -> Int[np.ndarray, " k"]:
    """The indices of some examples, drawn at random; at least one.

    Args:
        examples: the training split.
        seed: of the draw.
    """
    lengths = np.maximum(examples.source_lengths, examples.target_lengths)
    order = np.random.default_rng(seed).permutation(len(lengths))[: 4 * _MOST]
    fitting = int(np.searchsorted(np.cumsum(lengths[order], dtype=np.int64), _TOKENS, side="right"))
    return np.sort(order[: min(max(fitting, 1), _MOST)])
