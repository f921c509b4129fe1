"""Links from attention: which source word each target word looks at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from dragoman.alignment.links import Link

LEAST_SHARE = 0.2
"""The share of a target word's attention that its best source word must have to be linked to it."""


def word_weights(
    weights: Float[np.ndarray, "T S"], targets: Sequence[int], sources: Sequence[int]
) -> Float[np.ndarray, "t s"]:
    """The attention of words from that of their tokens: the mean over the tokens of a target word of the sum over the
    tokens of a source word.

    >>> word_weights(np.array([[0.75, 0.0, 0.25], [0.25, 0.5, 0.25]]), targets=[0, 0], sources=[0, 0, 1])
    array([[0.75, 0.25]])

    Args:
        weights: attention of each target token to each source token.
        targets: number of each target token's word, from 0, ascending.
        sources: number of each source token's word.
    """
    found = np.zeros((max(targets) + 1, max(sources) + 1))
    np.add.at(found, (np.array(targets)[:, None], np.array(sources)[None]), weights)
    means: Float[np.ndarray, "t s"] = found / np.bincount(targets)[:, None]
    return means


def attention_links(weights: Float[np.ndarray, "t s"], least: float = LEAST_SHARE) -> list[Link]:
    """The link of each target word to the source word that it looks at most, the first of equal ones, if that has at
    least the share ``least`` of the attention; what remains lies on the end of the source.

    >>> attention_links(np.array([[0.1, 0.8], [0.1, 0.1]]))
    [(1, 0)]
    """
    best = weights.argmax(1)
    return [(int(best[target]), target) for target in range(len(weights)) if weights[target, best[target]] >= least]
