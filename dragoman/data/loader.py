"""An endless stream of mini-batches whose position can be saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float, Int

from dragoman.contracts import Batch
from dragoman.data.bucketing import length_buckets
from dragoman.data.dataset import Examples
from dragoman.data.prefetch import Prefetcher
from dragoman.errors import InputError

Resegment = Callable[[Examples, Int[np.ndarray, " B"], np.random.Generator], Batch]


class Loader:
    """Mini-batches of one split, epoch after epoch.

    The order of epoch e depends on the seed and e alone, so a position is two numbers, and no global generator is
    drawn from. A thread prepares a few batches ahead; the position counts those handed out.

    Args:
        examples: the split.
        tokens: target tokens in a batch, at most.
        pool: batches' worth of examples that are sorted by length together.
        seed: of the order.
        weights: how often each example comes in an epoch; None for once.
        resegment: makes the batch of some examples anew with other segmentations, drawn by a generator; None leaves
            the ids as they are on disk.
    """

    def __init__(
        self,
        examples: Examples,
        *,
        tokens: int,
        pool: int,
        seed: int,
        weights: Float[np.ndarray, " n"] | None = None,
        resegment: Resegment | None = None,
    ) -> None:
        self._examples = examples
        self._weights = weights
        self._resegment = resegment
        self._tokens = tokens
        self._pool = pool
        self._seed = seed
        self._next = (0, 0)
        self._last_epoch = 0
        self._prefetcher: Prefetcher[tuple[tuple[int, int], Batch]] | None = None

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        if self._prefetcher is None:
            self._prefetcher = Prefetcher(self._batches_from(*self._next))
        (epoch, index), batch = self._prefetcher.take()
        self._last_epoch = epoch
        self._next = (epoch, index + 1)
        return batch

    @property
    def epoch(self) -> int:
        """Passes begun, from 1; the pass of the batch handed out last."""
        return self._last_epoch + 1

    def state(self) -> dict[str, int]:
        """The position of the next batch."""
        return {"epoch": self._next[0], "batch": self._next[1]}

    def restore(self, state: dict[str, int]) -> None:
        """Go on at a position of :meth:`state`."""
        self.close()
        self._next = (state["epoch"], state["batch"])
        self._last_epoch = state["epoch"]

    def close(self) -> None:
        """End the thread; the loader can be used again afterwards."""
        if self._prefetcher is not None:
            self._prefetcher.close()
            self._prefetcher = None

    def _batches_from(self, epoch: int, index: int) -> Iterator[tuple[tuple[int, int], Batch]]:
        while True:
            generator = np.random.default_rng([self._seed, epoch])
            plan = length_buckets(
                self._examples.source_lengths,
                self._examples.target_lengths,
                tokens=self._tokens,
                pool=self._pool,
                generator=generator,
                weights=self._weights,
            )
            if not plan:
                raise InputError(
                    "this pass has no example at all",
                    cause="all corpora have weights below 1, and chance left out every pair.",
                    remedy="give at least one corpus a weight of 1.",
                )
            for place in range(index, len(plan)):
                yield (epoch, place), self._batch(epoch, place, plan[place])
            epoch, index = epoch + 1, 0

    def _batch(self, epoch: int, place: int, indices: Int[np.ndarray, " B"]) -> Batch:
        if self._resegment is None:
            return self._examples.batch(indices)
        # A generator for each batch, so that a resumed run draws the same.
        return self._resegment(self._examples, indices, np.random.default_rng([self._seed, epoch, place]))
