"""Training batches with links, for guided alignment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Int

from dragoman.alignment.training_links import TrainingLinks
from dragoman.contracts import Batch
from dragoman.data.examples import Examples


class WithLinks:
    """Makes the batches of some examples with the links between their tokens. The links are found before the first
    batch, and depend on the split and the seed alone, so that a resumed run and every process has the same.

    Args:
        seed: seed of the draw of pairs that the links are learnt from.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._links: TrainingLinks | None = None

    def __call__(self, examples: Examples, indices: Int[np.ndarray, " B"], generator: np.random.Generator) -> Batch:
        """The batch of the examples ``indices``, in that order."""
        if self._links is None:
            self._links = TrainingLinks.of(examples, seed=self._seed)
        return replace(examples.batch(indices, generator), links=self._links.batch(indices))
