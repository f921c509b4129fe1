"""Which examples make a mini-batch: similar lengths together, under a budget of tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from dragoman.contracts import Layout


def length_buckets(
    source_lengths: Int[np.ndarray, " n"],
    target_lengths: Int[np.ndarray, " n"],
    *,
    tokens: int,
    pool: int,
    generator: np.random.Generator,
    weights: Float[np.ndarray, " n"] | None = None,
) -> list[Int[np.ndarray, " B"]]:
    """One epoch's mini-batches of examples of similar length, with each example once or as often as its weight says.

    All examples are shuffled and cut into pools; each pool is sorted by length and cut into batches; then the batches
    are shuffled. So batches hardly need padding, and which examples meet still changes every epoch.

    Args:
        source_lengths: number of tokens of each source.
        target_lengths: number of tokens of each target.
        tokens: the most target tokens of a batch, and half the most source tokens; a longer example is alone.
        pool: number of batches whose examples are sorted by length together.
        generator: random generator that draws the order.
        weights: average number of times that each example comes in an epoch: with 2.5 it comes twice in every epoch and
            a third time in every other; None for once each.
    """
    if weights is None:
        order = generator.permutation(len(target_lengths))
    else:
        whole = np.floor(weights)
        times = (whole + (generator.random(len(weights)) < weights - whole)).astype(np.int64)
        order = generator.permutation(np.repeat(np.arange(len(weights)), times))
    pools = np.cumsum(target_lengths[order], dtype=np.int64) // (tokens * pool)
    # Every other pool goes from long to short, so that a batch that spans two pools has similar lengths too.
    turn = np.where(pools % 2, -1, 1)
    # The last key is the first to sort by; equal lengths stay in their shuffled order.
    order = order[np.lexsort((turn * source_lengths[order], turn * target_lengths[order], pools))]
    batches = _cut(order, source_lengths, target_lengths, tokens)
    return [batches[index] for index in generator.permutation(len(batches))]


def in_order(
    source_lengths: Int[np.ndarray, " n"], target_lengths: Int[np.ndarray, " n"], *, tokens: int
) -> list[Int[np.ndarray, " B"]]:
    """The mini-batches of a measurement: every example once, from short to long, the same every time.

    >>> in_order(np.array([3, 9, 2]), np.array([4, 8, 3]), tokens=8)
    [array([2, 0]), array([1])]
    """
    return _cut(np.lexsort((source_lengths, target_lengths)), source_lengths, target_lengths, tokens)


def padded_places(layouts: Sequence[Layout]) -> int:
    """The number of places for tokens and padding if batches were padded."""
    return sum(layout.batch * layout.longest for layout in layouts)


def _cut(
    order: Int[np.ndarray, " m"],
    source_lengths: Int[np.ndarray, " n"],
    target_lengths: Int[np.ndarray, " n"],
    tokens: int,
) -> list[Int[np.ndarray, " B"]]:
    """Consecutive batches as large as the budget lets them be; one search per batch, not per example."""
    target_sums = np.cumsum(target_lengths[order], dtype=np.int64)
    source_sums = np.cumsum(source_lengths[order], dtype=np.int64)
    batches, begin, target_used, source_used = [], 0, 0, 0
    while begin < len(order):
        by_target = np.searchsorted(target_sums, target_used + tokens, side="right")
        by_source = np.searchsorted(source_sums, source_used + 2 * tokens, side="right")
        end = max(int(min(by_target, by_source)), begin + 1)
        batches.append(order[begin:end])
        target_used, source_used, begin = int(target_sums[end - 1]), int(source_sums[end - 1]), end
    return batches
