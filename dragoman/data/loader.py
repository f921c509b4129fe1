"""An endless stream of mini-batches whose position can be saved."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from dragoman.contracts import AnyBatch
from dragoman.data.batch_sampler import BatchSampler
from dragoman.data.prefetch import Prefetcher
from dragoman.errors import InputError


class Loader:
    """The endless iterator over mini-batches, pass after pass.

    Pass e depends only on the seed and e, so a position is two numbers, and no global generator is drawn from. A thread
    prepares a few batches ahead; the position counts the batches that were handed out.

    Several loaders can share the batches: of every ``count`` batches, loader ``index`` makes and hands out the one with
    that number. Their positions stay the same, since each hands out as many as the others.

    >>> from pathlib import Path
    >>> from dragoman.data.batch_sampler import Buckets, stored_pairs
    >>> from dragoman.data.dataset import Dataset
    >>> dataset = Dataset.open(Path("runs/demo/dataset"))
    >>> loader = Loader(Buckets(dataset.train, tokens=100, pool=4, make=stored_pairs), seed=1)
    >>> batch = next(loader)
    >>> loader.state()
    {'epoch': 0, 'batch': 1}
    >>> loader.close()

    Args:
        sampler: sampler that plans a pass and makes its batches.
        seed: seed of all that is random.
        index: number of this loader, from 0.
        count: number of loaders that share the batches.
    """

    def __init__(self, sampler: BatchSampler, *, seed: int, index: int = 0, count: int = 1) -> None:
        self._sampler = sampler
        self._seed = seed
        self._index = index
        self._count = count
        self._next = (0, 0)
        self._last_epoch = 0
        self._prefetcher: Prefetcher[tuple[tuple[int, int], AnyBatch]] | None = None

    def __iter__(self) -> Iterator[AnyBatch]:
        return self

    def __next__(self) -> AnyBatch:
        if self._prefetcher is None:
            self._prefetcher = Prefetcher(self._batches_from(*self._next))
        (epoch, index), batch = self._prefetcher.take()
        self._last_epoch = epoch
        self._next = (epoch, index + 1)
        return batch

    @property
    def epoch(self) -> int:
        """The number, from 1, of the pass that the last batch belongs to."""
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

    def tokens_per_batch(self) -> float:
        """The mean of target tokens over the first pass."""
        plan = self._plan(0)
        return sum(map(self._sampler.tokens, plan)) / max(len(plan), 1)

    def _plan(self, epoch: int) -> Sequence[object]:
        return self._sampler.plan(np.random.default_rng([self._seed, epoch]))

    def _batches_from(self, epoch: int, index: int) -> Iterator[tuple[tuple[int, int], AnyBatch]]:
        """This loader's batches, each with the place of the last of those dealt out with it."""
        planned = self._planned_from(epoch, index)
        while True:
            dealt = list(itertools.islice(planned, self._count))
            place, plan = dealt[self._index]
            # A generator for each batch, so that a resumed run draws the same.
            generator = np.random.default_rng([self._seed, *place])
            yield dealt[-1][0], self._sampler.batch(plan, generator)

    def _planned_from(self, epoch: int, index: int) -> Iterator[tuple[tuple[int, int], object]]:
        """What each batch shall hold, with its place: the pass and the number in it."""
        while True:
            plan = self._plan(epoch)
            if not plan:
                raise InputError(
                    "this pass has no example at all",
                    cause="all corpora have weights below 1, and chance left out every pair.",
                    remedy="give at least one corpus a weight of 1.",
                )
            for number in range(index, len(plan)):
                yield (epoch, number), plan[number]
            epoch, index = epoch + 1, 0
