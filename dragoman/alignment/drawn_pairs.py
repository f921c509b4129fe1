"""The sentence pairs of a dataset that IBM Model 1 is learnt from."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

MOST_PAIRS = 200_000
"""The most pairs that are aligned; from a larger dataset, this many are drawn."""

Ids = list[list[int]]


@runtime_checkable
class Pairs(Protocol):
    """Sentence pairs as :class:`~dragoman.data.examples.Examples` holds them."""

    def __len__(self) -> int: ...

    def ids(self, indices: Int[np.ndarray, " k"], /) -> tuple[Ids, Ids]:
        """The ids of the sources and of the targets of these pairs, each row ended by the end symbol."""
        ...


def drawn_pairs(examples: Pairs, seed: int) -> tuple[Ids, Ids]:
    """The ids of the sources and targets of all examples, or of :data:`MOST_PAIRS` that are drawn, without the end
    symbols.

    Args:
        examples: a split of pairs of texts.
        seed: seed of the draw.
    """
    chosen = np.arange(len(examples))
    if len(examples) > MOST_PAIRS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(examples), MOST_PAIRS, replace=False))
    return ids_without_ends(examples, chosen)


def ids_without_ends(examples: Pairs, indices: Int[np.ndarray, " k"]) -> tuple[Ids, Ids]:
    """The ids of the sources and targets of some examples, without the end symbols."""
    sources, targets = ([row[:-1] for row in rows] for rows in examples.ids(indices))
    return sources, targets
