"""What one pass over a split is made of: the contract of :class:`~dragoman.data.loader.Loader`, and pairs or lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from dragoman.contracts import AnyBatch
from dragoman.data.bucketing import length_buckets
from dragoman.data.examples import Examples


@runtime_checkable
class Measured(Protocol):
    """Examples whose lengths are known."""

    @property
    def source_lengths(self) -> Int[np.ndarray, " n"]:
        """Tokens of each source."""
        ...

    @property
    def target_lengths(self) -> Int[np.ndarray, " n"]:
        """Tokens of each target."""
        ...


Of = TypeVar("Of", bound=Measured)
MakeBatch = Callable[[Of, Int[np.ndarray, " B"], np.random.Generator], AnyBatch]
"""Makes the batch of some examples; whatever it draws at random comes from the generator."""


@runtime_checkable
class BatchSampler(Protocol):
    """Plans a pass, and makes the batches of a plan. Whatever is random comes from the generators it is given."""

    def plan(self, generator: np.random.Generator) -> Sequence[object]:
        """What each batch of a pass shall hold."""
        ...

    def tokens(self, planned: Any) -> int:
        """Target tokens of a planned batch."""
        ...

    def batch(self, planned: Any, generator: np.random.Generator) -> AnyBatch:
        """The planned batch."""
        ...


def stored_pairs(examples: Examples, indices: Int[np.ndarray, " B"], generator: np.random.Generator) -> AnyBatch:
    """Sources and targets as they are on disk; pictures that are rendered look different in every pass."""
    return examples.batch(indices, generator)


def stored_lines(examples: Examples, indices: Int[np.ndarray, " B"], generator: np.random.Generator) -> AnyBatch:
    """Targets alone, for a language model, with the ids that are on disk."""
    del generator
    return examples.text_batch(indices)


class Buckets(Generic[Of]):
    """The batch sampler that puts examples of similar length together, up to a number of tokens.

    >>> from pathlib import Path
    >>> from dragoman.data.dataset import Dataset
    >>> dataset = Dataset.open(Path("runs/demo/dataset"))
    >>> sampler = Buckets(dataset.train, tokens=100, pool=4, make=stored_pairs)
    >>> generator = np.random.default_rng(1)
    >>> plan = sampler.plan(generator)
    >>> all(sampler.tokens(planned) <= 100 for planned in plan)
    True
    >>> sampler.batch(plan[0], generator).target.units == sampler.tokens(plan[0])
    True

    Args:
        examples: the split of the dataset.
        tokens: the most target tokens of a batch.
        pool: number of batches whose examples are sorted by length together.
        make: function that makes each batch.
        weights: average number of times that each example comes in a pass; None for once each.
    """

    def __init__(
        self,
        examples: Of,
        *,
        tokens: int,
        pool: int,
        make: MakeBatch[Of],
        weights: Float[np.ndarray, " n"] | None = None,
    ) -> None:
        self._examples = examples
        self._tokens = tokens
        self._pool = pool
        self._weights = weights
        self._make = make

    def plan(self, generator: np.random.Generator) -> list[Int[np.ndarray, " B"]]:
        """The indices of each batch."""
        return length_buckets(
            self._examples.source_lengths,
            self._examples.target_lengths,
            tokens=self._tokens,
            pool=self._pool,
            generator=generator,
            weights=self._weights,
        )

    def tokens(self, planned: Int[np.ndarray, " B"]) -> int:
        """Target tokens of a planned batch."""
        return int(self._examples.target_lengths[planned].sum())

    def batch(self, planned: Int[np.ndarray, " B"], generator: np.random.Generator) -> AnyBatch:
        """The planned batch."""
        return self._make(self._examples, planned, generator)
